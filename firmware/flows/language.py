"""Chinese or English: the other one, from now on and after the next start."""


async def run(terminal):
    language = "en" if terminal.params.language == "zh" else "zh"
    terminal.params.language = language
    terminal.params.save()
    terminal.speak(language)
    await terminal.ui.ask("message", "language.title", "language.done", timeout_ms=2000)

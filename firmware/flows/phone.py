"""The supervisor sets whom the help pages say to call: the telephone number of the service."""

TITLE = "phone.title"


async def run(terminal):
    ui, params = terminal.ui, terminal.params
    number = await ui.ask("digits", TITLE, "phone.enter", 15, least=3, number=params.service)
    params.service = number
    params.save()
    await ui.ask("message", TITLE, "phone.done", timeout_ms=10000, number=number)

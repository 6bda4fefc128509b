"""The operator leaves: the next one logs in."""


async def run(terminal):
    terminal.operator = None

"""Self-test of what the operator has under his fingers and before his eyes: keypad and screen.

Nothing here touches the flash or the line.
"""

from firmware.screens import Cancelled

KEYS = 16
_SQUARE = 8  # pixels of the checkerboard
_WIDTH, _HEIGHT = 128, 64


async def keypad(terminal):
    """Each key is shown as it is pressed; CANCEL twice, or nobody there, ends it."""
    ui = terminal.ui
    pressed = []
    ui.keys.clear()
    last = "-"
    while len(pressed) < KEYS:
        ui.show(ui.text("test.keypad"), [
            "%s  %d/%d" % (last, len(pressed), KEYS), ui.text("test.press"), ui.text("test.twice")
        ])  # fmt: skip
        try:
            key = await ui.key()
        except Cancelled:
            break
        if key == last == "CANCEL":
            break
        last = key
        if key not in pressed:
            pressed.append(key)
    if len(pressed) == KEYS:
        return ui.text("test.well")
    return ui.text("test.keys_seen", count=len(pressed), most=KEYS)


async def screen(terminal):
    """Four pictures; ENTER: it looks right, CANCEL: it does not."""
    ui = terminal.ui
    rows = ui.wrap(ui.text("test.look"))
    await ui.ask("pages", ui.text("test.screen"), rows)
    result = "test.well"
    for draw in (_checkered, _lit, _dark, _glyphs):
        terminal.lcd.clear()
        draw(terminal)
        terminal.lcd.show()
        if not await _looks_right(ui):
            result = "test.fault"
            break
    terminal.lcd.clear()
    ui.drawn = [None] * len(ui.drawn)  # nothing of it is on the glass any more
    return ui.text(result)


async def _looks_right(ui):
    while True:
        try:
            key = await ui.key()
        except Cancelled:
            return False
        if key in ("ENTER", "CANCEL"):
            return key == "ENTER"


def _checkered(terminal):
    for y in range(0, _HEIGHT, _SQUARE):
        for x in range(y % (2 * _SQUARE), _WIDTH, 2 * _SQUARE):
            terminal.lcd.canvas.fill_rect(x, y, _SQUARE, _SQUARE, 1)


def _lit(terminal):
    terminal.lcd.canvas.fill(1)


def _dark(_terminal):
    pass


def _glyphs(terminal):
    for row in range(4):
        terminal.lcd.text(0, row, terminal.ui.text("test.glyphs").split("\n")[row], row % 2 == 1)

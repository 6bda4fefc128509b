"""The questions that an operator is asked, and messages that wait to be read, one at a time.

Each takes a Screens. Every question can be left with CANCEL, which raises Cancelled.
"""

from firmware import overlay
from firmware.screens import BODY_ROWS, COLUMNS, PATIENCE_MS, Cancelled, yuan


async def message(ui, title_id, body_id, timeout_ms=None, **values):
    """Show until ENTER or CANCEL (or the time is over); longer texts page by UP and DOWN. One
    that does not pass by itself is trouble, and has a help page."""
    rows = ui.wrap(ui.text(body_id, **values))
    about = None if timeout_ms else body_id
    try:
        await pages(ui, ui.text(title_id, **values), rows, timeout_ms, about, values)
    except Cancelled:
        pass


async def pages(ui, title, rows, timeout_ms=PATIENCE_MS, about=None, values=None):
    """Show rows, three at a time, until ENTER. CANCEL raises Cancelled. MENU shows the help page
    of `about`, the text id of a trouble; a question mark tells that there is one."""
    top = 0
    while True:
        mark = _page(top // BODY_ROWS, len(rows))
        if about:  # two pages at most, and a cell of the title's row is to stay free
            mark = mark[:1] + "?"
        ui.show(title, rows[top : top + BODY_ROWS], mark)
        key = await ui.key(timeout_ms)
        if key == "ENTER":
            return
        if key == "CANCEL":
            raise Cancelled()
        if key == "DOWN" and top + BODY_ROWS < len(rows):
            top += BODY_ROWS
        elif key == "UP" and top > 0:
            top -= BODY_ROWS
        elif key == "MENU" and about:
            await overlay.run("flows.help.run", ui, about, values or {})


async def confirm(ui, title, rows, closing=""):
    """As pages, but ENTER counts only once the last page has been shown; there stands the
    whole of `closing`."""
    last = ui.wrap(closing) if closing else []
    if len(rows) % BODY_ROWS + len(last) > BODY_ROWS:
        rows = rows + [""] * (-len(rows) % BODY_ROWS)
    rows = rows + last
    page = 0
    while page * BODY_ROWS < len(rows):
        part = rows[page * BODY_ROWS : (page + 1) * BODY_ROWS]
        ui.show(title, part, _page(page, len(rows)))
        key = await ui.key()
        if key == "CANCEL":
            raise Cancelled()
        if key in ("ENTER", "DOWN"):
            page += 1
        elif key == "UP" and page > 0:
            page -= 1


async def choose(ui, title_id, option_ids):
    """Index of the option chosen by its number, or by UP, DOWN and ENTER."""
    at = 0
    while True:
        top = at // BODY_ROWS * BODY_ROWS
        rows = []
        for i in range(top, min(top + BODY_ROWS, len(option_ids))):
            pointer = ">" if i == at else " "
            rows.append("%s%d %s" % (pointer, i + 1, ui.text(option_ids[i])))
        ui.show(ui.text(title_id), rows, _page(top // BODY_ROWS, len(option_ids)))
        key = await ui.key()
        if key == "CANCEL":
            raise Cancelled()
        if key == "ENTER":
            return at
        if key == "DOWN":
            at = (at + 1) % len(option_ids)
        elif key == "UP":
            at = (at - 1) % len(option_ids)
        elif "1" <= key <= "9" and int(key) <= len(option_ids):
            return int(key) - 1


async def digits(
    ui, title_id, prompt_id, longest, secret=False, least=1, clear=0, reader=None, **values
):
    """Digits typed and entered, at least so many, or scanned by `reader`. A secret shows as
    stars behind its first `clear` digits."""
    typed = ""
    title = ui.text(title_id)
    prompt = ui.wrap(ui.text(prompt_id, **values))[: BODY_ROWS - 1]
    while True:
        shown = (typed[:clear] + "*" * len(typed[clear:]) if secret else typed) + "_"
        pieces = [shown[at : at + COLUMNS] for at in range(0, len(shown), COLUMNS)]
        # as many of the last as there are rows left
        ui.show(title, prompt + pieces[len(prompt) - BODY_ROWS :])
        key = await ui.key(also=reader)
        if key is None:
            scanned = await reader.line()
            if scanned.isdigit() and max(1, least) <= len(scanned) <= longest:
                return scanned.decode()
            continue
        if key == "CANCEL":
            raise Cancelled()
        if key == "ENTER" and len(typed) >= least:
            return typed
        typed = _typed(typed, key, longest)


async def amount(ui, title_id, prompt_id, least=1, **values):
    """An amount in fen, typed as on a till: 1 2 3 4 is 12.34. Never less than `least`."""
    typed = ""
    title = ui.text(title_id)
    prompt = ui.wrap(ui.text(prompt_id, **values))[: BODY_ROWS - 1]
    while True:
        ui.show(title, prompt + ["RMB " + yuan(int(typed or "0"))])
        key = await ui.key()
        if key == "CANCEL":
            raise Cancelled()
        if key == "ENTER" and typed and int(typed) >= least:
            return int(typed)
        typed = _typed(typed, key, 10)


def _page(page, rows):
    """What stands behind the title on page `page` (from 0) of so many rows: "1/2", or nothing."""
    pages = (rows + BODY_ROWS - 1) // BODY_ROWS
    return "%d/%d" % (page + 1, pages) if pages > 1 else ""


def _typed(typed, key, longest):
    """What stands after a key: a digit is added, CLEAR takes the last one away."""
    if key == "CLEAR":
        return typed[:-1]
    if "0" <= key <= "9" and len(typed) < longest:
        return typed + key
    return typed

"""What a person typed that nobody is to read: passwords, PINs, card numbers, activation codes.

A digit is shown only where the screens before and behind it show what is typed; where nothing is
known of a screen, it is hidden.
"""
import re

from firmware.text.texts import Texts
from host_sim.show import mask

ENTRY = re.compile(r"[0-9]*\**_")         # a row in which something is being typed
HIDDEN = re.compile(r"[0-9]*\*+_?")         # ... of which not everything is shown
# The code that a terminal is activated with makes the key of its master key.
CODE_PROMPTS = tuple("".join(Texts(language)["activate.code"].split())
                     for language in ("zh", "en"))
CODE = re.compile(r"[0-9]+_?")
SCREEN_COLUMNS = 16


def no_code(rows):
    """A screen's rows without the digits of an activation code that is being typed."""
    if not "".join("".join(rows[1:]).split()).startswith(CODE_PROMPTS):
        return rows
    return tuple(re.sub("[0-9]", mask.MASK, row) if CODE.fullmatch(row) else row for row in rows)


def shown(rows):
    """A screen's rows (strings) with cards masked and no activation code, as a tuple."""
    return mask.free_rows(no_code(tuple(rows)), SCREEN_COLUMNS)


def hides(before, after):
    """Whether digits typed between two screens (their rows, None: unknown) are to be hidden."""
    if before is None or any(HIDDEN.fullmatch(row) for row in before):
        return True
    entered = any(ENTRY.fullmatch(row) for row in before)
    if after is None:
        return entered
    if any(HIDDEN.fullmatch(row) for row in after):
        return True
    return entered and not any(ENTRY.fullmatch(row) for row in after)


def is_typing(before, after, names):
    """Whether a screen differs from the one before by what was typed only."""
    return before[0] == after[0] and sum(map(str.__ne__, before, after)) <= 2 and \
        all(name.isdigit() or name in (mask.MASK, "CLEAR") for name in names)


def no_card(names):
    """Keys without the middle of a card number that was typed in full."""
    shown, run = [], ""
    for name in [*names, ""]:
        if name.isdigit():
            run += name
            continue
        shown += list(mask.free_text(run))
        run = ""
        shown += [name] if name else []
    return shown

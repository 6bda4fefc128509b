"""What a person did at a till, written down as a key script that does it again.

A script waits for what stood on the screen before it goes on, never for a time.
"""
import re

HEAD = """# Recorded at till {number}, scenario {scenario}.
language {language}
seed {seed}
"""
_NO_VALUE = re.compile(r"[^\d*_:.]{2,}")    # a piece of a row that is the same the next time


def script(till, choice):
    """Text of a key script of what was done at a Till since it was opened."""
    lines = [HEAD.format(number=till.number, **choice._asdict())]
    if choice.scenario != "samples":
        lines[0] += f"scenario {choice.scenario}\n"
    lines[0] += f"terminal {till.number}\nends anywhere\n"
    seen, mark, keys = None, "", []
    deeds = till.deeds[1:] if till.deeds and till.deeds[0][2] == "power on" else till.deeds
    for _at_ms, rows, statement in deeds:
        typing = bool(keys) and keys[-1].isdigit()
        if rows != seen and not (typing and _landmark(rows) == mark):
            lines += _pressed(keys)
            mark, keys = _landmark(rows), []
            lines += [f'wait "{mark}"'] if mark else []
        seen = rows
        name, _, key = statement.partition(" ")
        if name == "press":
            keys.append(key)
        else:
            lines += [*_pressed(keys), statement]
            keys = []
    return "\n".join([*lines, *_pressed(keys)]) + "\n"


def _pressed(keys):
    return [f"press {' '.join(keys)}"] if keys else []


def _landmark(rows):
    """The longest piece of a screen that has no value in it; empty for a blank screen."""
    pieces = [piece.strip() for row in rows for piece in _NO_VALUE.findall(row)]
    return max((piece for piece in pieces if '"' not in piece), key=len, default="")

"""An operator with patience: knows what to press on every English screen of a refund.

Plays a refund, and after a power cut, which may come back on any screen, answers whatever is asked
until nothing is owed. Sees the screen only.
"""

# (what is to be read, keys pressed on it); the first that fits counts
ANSWERS = (
    ("ENTER to log in", ("ENTER",)),
    ("Operator number", ("0", "1", "ENTER")),
    ("Operator 01 Password", tuple("0000") + ("ENTER",)),
    ("ENTER = result", ("ENTER",)),
    ("ENTER = signed", ("ENTER",)),
    ("Vouchers printed", ("ENTER",)),
    ("Not refunded", ("ENTER",)),
    ("Declined", ("ENTER",)),
    ("In progress", ("ENTER",)),
    ("Nothing was sent", ("ENTER",)),
    ("No sign-on", ("ENTER",)),
)
PATIENCE = 200  # answers; more would mean that the till goes round in circles
LOOK_MS = 1_000
STEP_MS = 300_000
DONE = "1 Refund"


class GoneAstray(Exception):
    """The terminal does not come to where it should; the text says what its screen says."""


def refund(world, order, amount_fen=None):
    """From the power switch to the idle screen after the customer's copy. `amount_fen` None is the
    whole of what is left. GoneAstray when a screen does not come."""
    world.power_on()
    _answer_until(world, lambda: DONE in _shown(world))
    for text, keys in (
        (DONE, ("1",)),
        ("Reason", ("1",)),
        ("Order number", (*order, "ENTER")),
        ("Check order 1/", ("ENTER",)),
        ("Check order 2/", ("ENTER",)),
        ("Full amount", ("1",) if amount_fen is None else ("2",)),
        *((("Amount:", (*str(amount_fen), "ENTER")),) if amount_fen else ()),
        ("Enter password", (*"123456", "ENTER")),
        ("Second check 1/", ("ENTER",)),
        ("ENTER sends", ("ENTER",)),
    ):
        if not world.run_until(lambda text=text: text in _shown(world), STEP_MS):
            raise GoneAstray(f"waited for {text!r}, saw {world.screen()}")
        world.press(*keys)
    settle(world)


def settle(world, limit_ms=900_000):
    """Until the terminal is idle and owes nothing."""
    end = world.now_ms + limit_ms
    _answer_until(world, lambda: _idle(world), end)


def _answer_until(world, reached, end=None):
    end = end or world.now_ms + STEP_MS
    for _ in range(PATIENCE):
        world.run_until(lambda: _answer(world) or reached(), end - world.now_ms)
        keys = _answer(world)
        if not keys:
            break
        world.press(*keys)
        world.run_for(LOOK_MS)
    if not reached():
        raise GoneAstray(f"the terminal does not come to rest: {world.screen()}")


def _shown(world):
    return " ".join(" ".join(world.screen()).split())


def _answer(world):
    shown = _shown(world)
    return next((keys for text, keys in ANSWERS if text in shown), None)


def _idle(world):
    shown = _shown(world)
    return DONE in shown and "in progress" not in shown

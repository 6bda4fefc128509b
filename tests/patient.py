"""An operator with patience: answers whatever the till's screen asks until nothing is owed.

For tests that cut the power at any moment: nobody knows on which screen it comes back.
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
DONE = "1 Refund"


def settle(till, limit_ms=900_000):
    """Until the till is idle and owes nothing. AssertionError if that takes too long."""
    world = till.world
    end = world.now_ms + limit_ms
    for _ in range(PATIENCE):
        world.run_until(lambda: _answer(world) or _idle(world), end - world.now_ms)
        keys = _answer(world)
        if keys:
            world.press(*keys)
            world.run_for(LOOK_MS)
        elif _idle(world):
            return
        else:
            break
    raise AssertionError(f"the till does not come to rest: {world.screen()}")


def _shown(world):
    return " ".join(" ".join(world.screen()).split())


def _answer(world):
    shown = _shown(world)
    return next((keys for text, keys in ANSWERS if text in shown), None)


def _idle(world):
    shown = _shown(world)
    return DONE in shown and "in progress" not in shown

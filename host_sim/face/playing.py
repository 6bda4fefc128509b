"""A key script played at a till while its Site's clock goes on, for people who look on.

Each statement is done as soon as it can be; what a statement finds otherwise than it says ends it.
"""
from host_sim.core import FirmwareCrash
from host_sim.play.player import SEEN, WAIT_MS, Player, reading, squeezed


class Playing:
    """`at` of `statements` are done. `wrong`: what went another way, None so far."""

    def __init__(self, till, script):
        self.statements = script.statements
        self.at = 0
        self.wrong = None
        self._till = till
        self._world = till.world
        self._player = Player(script, till.shop)
        self._since_ms = till.world.now_ms      # when the statement in hand became the next one
        self._begun = False

    @property
    def over(self):
        return self.wrong is not None or self.at == len(self.statements)

    def look(self):
        """Do what can be done now."""
        while not self.over:
            step = self.statements[self.at]
            try:
                ready = self._tried(step)
            except FirmwareCrash as crash:
                self.wrong = f"the firmware crashed: {crash}"
                return
            if not ready:
                return
            if self.wrong is None:
                self.at += 1
                self._begun = False
                self._since_ms = self._world.now_ms

    def _tried(self, step):
        """Whether the statement is over, well or not."""
        if step.name in ("press", "type"):
            return self._keys(step.values[0])
        if step.name in ("wait", "wait_within"):
            limit_ms = step.values[1] if step.name == "wait_within" else WAIT_MS
            return self._appeared(step, limit_ms)
        if step.name == "pass":
            return self._passed(self._since_ms + step.values[0])
        if not SEEN.fullmatch(step.name):
            self._world.tell("bench", step.text)
        if not step.name.startswith("expect") and step.name != "mark":
            self._till.note(step.text)
        self._refuse(step, getattr(self._player, "do_" + step.name)(*step.values))
        return True

    def _keys(self, names):
        """Hands the keys over once; over when the finger is up again."""
        if not self._begun:
            for name in names:
                self._till.note(f"press {name}")
                self._till.move(name, True)
                self._till.move(name, False)
        return self._passed(self._till.finger_free_at)

    def _appeared(self, step, limit_ms):
        if squeezed(step.values[0]) in reading(self._world):
            return True
        if not self._passed(self._since_ms + limit_ms):
            return False
        shown = " | ".join(row or "-" for row in self._world.screen())
        self._refuse(step, f"not there after {limit_ms / 1000:g} s, the screen says: {shown}")
        return True

    def _passed(self, at_ms):
        """Whether a moment has come; until then the world wakes for it."""
        if not self._begun:
            self._begun = True
            self._world.agenda.at(at_ms, _nothing)
        return self._world.now_ms >= at_ms

    def _refuse(self, step, seen):
        if seen is not None:
            self.wrong = f"{step.where}: expected: {step.text}; {seen}"


def _nothing():
    """What happens when somebody only looks."""

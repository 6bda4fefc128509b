"""The 4x4 key matrix: edges wake it, a quiet line settles it, one scan names the key.

Nothing polls: while no key moves, the task waits for an edge with all rows low. Two keys at
once could be a third one's ghost, so they count for nothing until all keys are up again.
"""

from machine import Pin

from firmware.kernel import Flag, Queue

DEBOUNCE_MS = 20
LAYOUT = (
    ("1", "2", "3", "UP"),
    ("4", "5", "6", "DOWN"),
    ("7", "8", "9", "CLEAR"),
    ("CANCEL", "0", "ENTER", "MENU"),
)


class Keypad:
    """`rows` are open-drain outputs, `columns` inputs with pull-up; keys arrive in `queue`.

    Run it with kernel.spawn(keypad.run()). A key typed while the queue is full is lost.
    """

    def __init__(self, kernel, rows, columns, bound=16):
        self.queue = Queue(bound)
        self._kernel = kernel
        self._rows = rows
        self._columns = columns
        self._edge = Flag()

    async def run(self):
        """Put the name of each key pressed into the queue, once a press."""
        for row in self._rows:
            row.value(0)
        for column in self._columns:
            column.irq(handler=self._edge.set, trigger=Pin.IRQ_FALLING | Pin.IRQ_RISING)
        held = self._any_low()  # stuck at boot: nobody pressed it for us
        while True:
            await self._kernel.first(self._edge)
            closed = await self._settle()
            if len(closed) == 1 and not held:
                self.queue.put(closed[0])
            held = len(closed) > 0

    async def _settle(self):
        """The keys that are down once the columns have been quiet for DEBOUNCE_MS."""
        while True:
            self._edge.clear()
            if await self._kernel.first(self._edge, timeout_ms=DEBOUNCE_MS) == 0:
                continue
            closed = self._scan()
            # The scan makes edges of its own. After clearing them the level tells whether a
            # real one hid among them.
            self._edge.clear()
            if self._any_low() == (len(closed) > 0):
                return closed

    def _any_low(self):
        for column in self._columns:
            if not column.value():
                return True
        return False

    def _scan(self):
        """Row by row, the columns that some key pulls low."""
        low = [at for at in range(len(self._columns)) if not self._columns[at].value()]
        closed = []
        if not low:
            return closed
        for row in self._rows[1:]:
            row.value(1)
        for number, names in enumerate(LAYOUT):
            if number > 0:
                self._rows[number - 1].value(1)
                self._rows[number].value(0)
            for at in low:
                if not self._columns[at].value():
                    closed.append(names[at])
        for row in self._rows[:-1]:
            row.value(0)
        return closed

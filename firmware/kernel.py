"""Tasks, sleep, and waiting for the first of several events.

Time passes only here: nothing else in firmware reads the tick counter or waits. step() never
blocks; whoever runs the kernel (the board, or what stands in for it) decides how the time goes by.
"""

import time

from micropython import const

# A task that is always ready must not stop the clock: after so many rounds step() returns 0.
_ROUNDS = const(64)
_NOW = const(-1)  # in place of milliseconds to wait: a task can run, or ran


class Flag:
    """A waitable that an interrupt may set: assignment only, nothing is allocated."""

    def __init__(self):
        self.ready = False

    def set(self, _source=None):
        """Usable as an interrupt handler: the argument is the pin or port that fired."""
        self.ready = True

    def clear(self):
        self.ready = False


class Queue:
    """A bounded first-in first-out waitable; ready while it holds something."""

    def __init__(self, bound):
        self._bound = bound
        self._items = []
        self.ready = False

    def put(self, item):
        """True if taken, False if the queue is full (the item is dropped)."""
        if len(self._items) >= self._bound:
            return False
        self._items.append(item)
        self.ready = True
        return True

    def get(self):
        """The oldest item; IndexError when empty, so wait for `ready` first."""
        item = self._items.pop(0)
        self.ready = len(self._items) > 0
        return item

    def clear(self):
        self._items = []
        self.ready = False


class Turn:
    """A waitable that one task at a time may hold: `await turn.take()`, then turn.give()."""

    def __init__(self, kernel):
        self._kernel = kernel
        self.ready = True

    async def take(self, *stop):
        """True, or False where the waitable `stop` came first."""
        while not self.ready:
            if await self._kernel.first(self, *stop) == 1:
                return False
        self.ready = False
        return True

    def give(self):
        self.ready = True


class Task:
    """One coroutine under the kernel. A task is itself a waitable: ready once it is done."""

    def __init__(self, coro):
        self._coro = coro
        self._wait = None  # what it waits for; None before its first step
        self._index = None  # what the kernel answers
        self._running = False
        self.done = False
        self.result = None
        self.error = None

    @property
    def ready(self):
        return self.done

    def cancel(self):
        """End the task where it waits; its `finally` blocks run, but must not wait."""
        if not self.done:
            self.done = True
            if not self._running:
                self._coro.close()


class _Wait:
    """What a task hands to the kernel when it waits; the kernel answers with an index."""

    def __init__(self, waitables, deadline):
        self.waitables = waitables
        self.deadline = deadline

    def __iter__(self):
        index = yield self
        return index

    __await__ = __iter__


class Kernel:
    """Runs the tasks of one terminal. `on_crash(task, error)` hears of each task that died."""

    def __init__(self, on_crash=None):
        self.on_crash = on_crash
        self.tasks = []

    def now(self):
        """Ticks in milliseconds; wraps at 2**30 on a board."""
        return time.ticks_ms()

    def until(self, deadline):
        """Milliseconds from now to a tick value, 0 when it is past."""
        return max(0, time.ticks_diff(deadline & 0x3FFFFFFF, time.ticks_ms()))

    def elapsed(self, since):
        """Milliseconds since a tick value taken with now(); good for six days."""
        return time.ticks_diff(time.ticks_ms(), since)

    def spawn(self, coro):
        """Start a coroutine at the next step."""
        task = Task(coro)
        self.tasks.append(task)
        return task

    def sleep(self, ms):
        """`await kernel.sleep(ms)`."""
        return self.first(timeout_ms=ms)

    def first(self, *waitables, timeout_ms=None):
        """`await kernel.first(a, b, timeout_ms=...)`: index of the first ready one, -1 at timeout.

        A waitable is any object with a `ready` attribute. It stays ready: the waiter clears it.
        """
        deadline = None
        if timeout_ms is not None:
            deadline = time.ticks_add(time.ticks_ms(), timeout_ms)
        return _Wait(waitables, deadline)

    def step(self):
        """Run what is ready; milliseconds to the next deadline, None if there is none."""
        for _ in range(_ROUNDS):
            left = self._round()
            if left != _NOW:
                return left
        return 0

    def pending(self):
        """True if something became ready since the last step. A deadline is not looked at: step()
        has told it."""
        for task in self.tasks:
            if not task.done:
                if task._wait is None:
                    return True
                for waitable in task._wait.waitables:
                    if waitable.ready:
                        return True
        return False

    def run(self, wait):
        """For ever: step, then `wait(ms, pending)`; a board's main loop."""
        while True:
            wait(self.step(), self.pending)

    def _round(self):
        """Run what is ready now: _NOW, or what step() returns because nothing was."""
        now = time.ticks_ms()
        nearest = None
        done = None
        for task in self.tasks:
            if task.done:
                done = task
                continue
            wait = task._wait
            if wait is not None:  # a coroutine that has begun: a new one accepts only None
                for waitable in wait.waitables:
                    if waitable.ready:
                        task._index = wait.waitables.index(waitable)
                        break
                else:
                    if wait.deadline is None:
                        continue
                    left = time.ticks_diff(wait.deadline, now)
                    if left > 0:
                        if nearest is None or left < nearest:
                            nearest = left
                        continue
                    task._index = -1
            self._resume(task)
            nearest = _NOW
        if done is not None:
            self.tasks.remove(done)  # another one in the next round
        return nearest

    def _resume(self, task):
        task._running = True
        try:
            task._wait = task._coro.send(task._index)
        except StopIteration as stop:
            task.done = True
            task.result = stop.value
        except Exception as error:
            task.done = True
            task.error = error
            if self.on_crash is not None:
                self.on_crash(task, error)
        finally:
            task._running = False
        if task.done:
            # Cancelled by itself while it ran: it ends at its next wait.
            task._coro.close()

"""The host dies: before any statement, before a commit, or after it with the reply not yet made.

CrashPoints goes where the acquirer takes an engine. What dies is rolled back unless it was
committed; nothing here changes what a statement does.
"""

from contextlib import contextmanager
from typing import Any, Protocol


class HostCrash(BaseException):
    """The acquirer is gone in mid-request; go on with another Acquirer (and another rng, lest its
    keys be the same again) on the same engine."""


class Connecting(Protocol):
    """An Engine, or what stands for one."""

    def connect(self) -> Any: ...


class CrashPoints:
    """`engine` with points to crash at. After a statement is before the next one, or before the
    commit: it is not counted twice.

    `count`: points passed so far. It is all that is paid while no crash is armed.
    """

    def __init__(self, engine: Connecting):
        self.engine = engine
        self.count = 0
        self.disarm()

    def at(self, number: int) -> None:
        """Crash once, at the `number`-th point from now; 1 is the next, 0 the one behind the next
        commit."""
        self._fatal = self.count + number if number else 0
        self._behind_commit = not number

    def disarm(self) -> None:
        """Crash at no point after all."""
        self._fatal = 0
        self._behind_commit = False

    def connect(self) -> "_Crashing":
        """As Engine.connect."""
        return _Crashing(self.engine.connect(), self)

    @contextmanager
    def begin(self):
        """As Engine.begin, for what is not the acquirer's own (a reviewer's decision)."""
        connection = self.connect()
        with connection.connection, connection.begin():
            yield connection

    def passed(self, committed: bool = False) -> None:
        """One point further; HostCrash if it is the one."""
        self.count += 1
        if self.count == self._fatal or (committed and self._behind_commit):
            self._behind_commit = False
            raise HostCrash(f"at point {self.count}")


class _Crashing:
    """What of a Connection the ledger uses."""

    def __init__(self, connection, points):
        self.connection = connection
        self._points = points

    def execute(self, *statement):
        self._points.passed()
        return self.connection.execute(*statement)

    @contextmanager
    def begin(self):
        with self.connection.begin():
            yield
            self._points.passed()
        self._points.passed(committed=True)

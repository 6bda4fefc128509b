"""A board at a serial port, spoken to by mpremote: what it is asked, and how it fails.

A fault of the connection is told apart from one of the board: behind a Cut nothing can be put in
order there any more.
"""
import ast
import errno
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from pathlib import Path

import serial

from tools.ports import unopened

ON_BOARD = Path(__file__).with_name("on_board.py")
HOME = "/tuidan"
RESET = "import machine, time; time.sleep_ms(100); machine.reset()"
# Whether the firmware of an installed version has started here; if so the loader is to wait at the
# next start. The watchdog does not stop in the REPL: all that is asked before the reset is this.
HOLD = f"""import os, sys
try:
    os.stat("{HOME}/active")
    started = "firmware" in sys.modules
except OSError:
    started = False
if started:
    open("{HOME}/wait", "w").close()
print("\\n= " + repr(started))
"""

# What mpremote ends with when the port goes away under it.
BROKEN = ("SerialException", "TransportError", "OSError", "termios.error")

SILENCE_S = 30      # longer than the longest erase
ANSWER_S = 12       # the same for HOLD; mpremote gives a port up after 10 by itself
RETURN_S = 30       # a board is back at its port after a reset
AGAIN_S = 0.2       # between two looks at a port


class Failed(Exception):
    """It did not come to its end; the text is one line for the user."""


class Cut(Failed):
    """The board does not answer any more, so nothing can be put in order there."""


class Unsure(Failed):
    """The board fell out of sight at the moment of the switch."""


class Full(Failed):
    """No room on the board."""


class Board:
    """A board at a serial port, spoken to by mpremote. Every method may raise Failed."""

    def __init__(self, port):
        self.port = port

    def check_port(self):
        """Say what is wrong with the port, if something is."""
        try:
            serial.Serial(self.port, exclusive=True).close()
        except serial.SerialException as reason:
            raise Failed(self._explained(reason)) from None

    def _explained(self, reason):
        if reason.errno == errno.ENOENT:
            return f"no board at {self.port}: there is no such port"
        if reason.errno in (errno.EAGAIN, errno.EBUSY):
            return f"{self.port} is busy: another program has it open"
        if reason.errno == errno.EACCES:
            return f"{self.port} may not be opened by you: see who owns it (group dialout?)"
        return f"{self.port} cannot be opened: {unopened(reason)}"

    def hold(self):
        """Stop what runs, and its watchdog with it -> state(). Asks again for RETURN_S when an
        answer fails to come: the board may be on its way through a reset."""
        end = time.monotonic() + RETURN_S
        while True:
            try:
                if not self._was_started():
                    return self.ask("state()")
                late = Cut(f"the firmware on the board at {self.port} does not stop")
            except Cut as reason:
                late = reason
            if time.monotonic() > end:
                raise late
            time.sleep(AGAIN_S)

    def _was_started(self):
        """Whether the firmware had started, which ends here by a reset."""
        lines = self._mpremote("exec", HOLD, "exec", "--no-follow",
                               f"if started: {RESET}", answers=1, silence_s=ANSWER_S)
        return self._told(lines, 1)

    def ask(self, *expressions, reset=False, programs=()):
        """The value of the last of these expressions, evaluated in order on the board with the
        functions of tools/on_board.py and of the files `programs`; then, if asked for, the board is
        reset."""
        words = [word for path in (ON_BOARD, *programs) for word in ("run", str(path))]
        for expression in expressions:
            words += ["exec", f"tell({expression})"]
        if reset:
            words += ["exec", "--no-follow", RESET]
        lines = self._mpremote(*words, answers=len(expressions) if reset else None)
        return self._told(lines, len(expressions))

    def _told(self, lines, count):
        """The last of so many answers."""
        told = _answers(lines)
        if len(told) != count:
            raise Cut(f"the board at {self.port} does not answer")
        return ast.literal_eval(told[-1])

    def reset(self):
        self._mpremote("exec", "--no-follow", RESET, answers=0)

    def copy(self, pairs, began, reached):
        """Copy [(file here, path below HOME)]; began(path) is called before each and
        reached(percent) meanwhile. What is there already is left alone."""
        words = []
        for here, there in pairs:
            words += ["fs", "cp", str(here), f":{HOME}/{there}", "+"]
        self._mpremote(*words[:-1], heard=lambda line: _copying(line, began, reached))

    def _mpremote(self, *words, heard=None, answers=None, silence_s=SILENCE_S):
        """The lines that mpremote writes, each also given to heard(). It writes to a terminal, so
        that it tells how far a file has come: silence means that the board is gone. Behind so many
        answers the connection may break; None: never."""
        output, terminal = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "mpremote", "connect", self.port, "resume", *words],
            stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
            env=os.environ | {"PYTHONUNBUFFERED": "1"})
        os.close(terminal)
        lines = []
        try:
            for line in _lines(output, silence_s):
                lines.append(line)
                if heard:
                    heard(line)
        except TimeoutError:
            raise Cut(f"the board at {self.port} fell silent") from None
        finally:
            process.kill()  # it has ended, unless the board fell silent
            process.wait()
            os.close(output)
        complete = answers is not None and len(_answers(lines)) == answers
        if process.returncode and not complete:
            raise self._fault([line for line in lines if line.strip()])
        return lines

    def _fault(self, lines):
        said = lines[-1] if lines else "nothing"
        text = "\n".join(lines)
        if "No space left" in text or "ENOSPC" in text or "Errno 28" in text:
            return Full("the board's file system is full")
        if "failed to access" in text:
            try:
                self.check_port()
            except Failed as reason:
                return Cut(str(reason))
            return Cut(said)
        if "could not enter raw repl" in text:
            return Cut(f"no MicroPython answers at {self.port}")
        if any(broken in text for broken in BROKEN):
            return Cut(f"the connection to {self.port} broke off ({said.strip()})")
        return Failed(f"mpremote: {said.strip()}")

    def console(self, seconds):
        """Yield the lines that the board writes of its own accord, so long at most."""
        end = time.monotonic() + seconds
        text = b""
        while time.monotonic() < end:
            try:
                with serial.Serial(self.port, 115200, timeout=0.2, exclusive=True) as port:
                    while time.monotonic() < end:
                        *lines, text = (text + port.read(port.in_waiting or 1)).split(b"\n")
                        yield from (line.decode(errors="replace").strip() for line in lines)
            except (OSError, termios.error):  # a SerialException, too
                time.sleep(AGAIN_S)  # it is not back at its port yet


def _answers(lines):
    return [line[2:] for line in lines if line.startswith("= ")]


def _lines(descriptor, silence_s):
    """What a process writes to its terminal, by lines and progress bars, until it ends. Raises
    TimeoutError when nothing came for so long."""
    text = b""
    while True:
        if not select.select([descriptor], [], [], silence_s)[0]:
            raise TimeoutError
        try:
            more = os.read(descriptor, 4096)
        except OSError:  # the terminal's other end is closed
            more = b""
        if not more:
            break
        *whole, text = re.split(rb"[\r\n]+", text + more)
        yield from (line.decode(errors="replace") for line in whole)
    yield text.decode(errors="replace")


def _copying(line, began, reached):
    found = re.match(rf"cp \S.* :{HOME}/(\S+)$", line)
    if found:
        began(found[1])
    elif found := re.match(r" \.\.\. copying +(\d+)%", line):
        reached(int(found[1]))

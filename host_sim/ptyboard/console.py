"""`python -m host_sim.ptyboard.console IMAGE`: a board whose USB port is a PTY, for mpremote.

The board is a real MicroPython in a process of its own, started again at each reset; killing it
is the plug that is pulled. Prints the port's name, then serves until it is killed.
"""

import argparse
import fcntl
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import termios
import time
import tty
from pathlib import Path

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).with_name("micropython")
PORTS = ("link", "panel", "printer")
FLASH_BYTES = 1408 * 1024

_PIECE = 4096
_QUIET_S = 0.1
_DEAF_S = 5.0  # longer than a board takes to come up or to its prompt
_UP = b"up"
_PROMPT = b">>> "
_CTRL_A, _CTRL_B, _CTRL_C = b"\x01", b"\x02", b"\x03"
_OPEN = b",'wb')"  # in what mpremote sends when it begins a file
_RAW_BANNER = b"raw REPL; CTRL-B to exit"


def environment(image, ports):
    """Environment of a MicroPython that is to run on the chip of host_sim/ptyboard/chip.py."""
    given = {f"TUIDAN_{name.upper()}": str(path) for name, path in ports.items()}
    path = f"{ROOT / 'host_sim/shims'}:{ROOT}"
    return os.environ | given | {"TUIDAN_FLASH": str(image), "MICROPYPATH": path}


def blank_flash(image):
    """Make the file a chip fresh from the factory."""
    Path(image).write_bytes(b"\xff" * FLASH_BYTES)


class Board:
    """`port` is the name of the PTY for mpremote. `cut_at` n: the power goes, and the port with
    it, when the n-th file is opened for writing. `copies`: a folder for what the flash holds then,
    for every n."""

    def __init__(self, image, ports, cut_at=None, copies=None):
        self._folder = tempfile.TemporaryDirectory(prefix="tuidan-board-")
        dog = os.path.join(self._folder.name, "watchdog")
        os.mkfifo(dog)
        self._dog = os.open(dog, os.O_RDWR | os.O_NONBLOCK)
        self._environment = environment(image, {**ports, "watchdog": dog})
        self._outside, self._held = pty.openpty()
        tty.setraw(self._held)
        self.port = os.ttyname(self._held)
        self._image = image
        self._cut_at = cut_at
        self._copies = copies
        self._opened = 0
        self._tail = b""
        self._raw = False
        self._deaf_until = 0.0
        self._bite_at: float | None = None
        self._input = b""
        self._start()

    def serve(self):
        """Carry bytes, restart the interpreter, be its watchdog; returns when the power is cut."""
        while True:
            wait = [self._inside, self._dog]
            now = time.monotonic()
            timeout = 0.2
            if self._input:
                timeout = min(timeout, max(0.0, self._deaf_until - now))
            else:
                wait.append(self._outside)
            readable, _, _ = select.select(wait, [], [], timeout)
            if self._dog in readable:
                self._hear()
            if self._inside in readable and not self._from_board():
                self._restart()
            if self._outside in readable:
                self._input = os.read(self._outside, _PIECE)
            if self._input and time.monotonic() >= self._deaf_until and not self._to_board():
                return
            if self._bite_at is not None and time.monotonic() > self._bite_at:
                self._process.kill()

    def _hear(self):
        """What the chip reports: that it waits, or when its watchdog bites."""
        for report in os.read(self._dog, _PIECE).split():
            if report == _UP:
                self._deaf_until = 0.0
            else:
                self._bite_at = time.monotonic() + int(report) / 1000

    def close(self):
        self._process.kill()
        self._process.wait()
        for descriptor in (self._inside, self._outside, self._held, self._dog):
            os.close(descriptor)
        self._folder.cleanup()

    def _start(self):
        self._inside, terminal = pty.openpty()
        # As it comes, but Ctrl-C interrupts a running program.
        tty.setraw(terminal)
        state = termios.tcgetattr(terminal)
        state[3] |= termios.ISIG
        for key in (termios.VQUIT, termios.VSUSP):
            state[6][key] = b"\0"
        termios.tcsetattr(terminal, termios.TCSANOW, state)
        self._process = subprocess.Popen(
            [MICROPYTHON, "-i", ROOT / "host_sim/ptyboard/boot.py"],
            stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
            env=self._environment | ({"TUIDAN_RAW": "1"} if self._raw else {}),
        )  # fmt: skip
        os.close(terminal)
        self._bite_at = None
        self._enter_raw = self._raw
        self._deaf_until = time.monotonic() + _DEAF_S

    def _restart(self):
        os.close(self._inside)
        if select.select([self._dog], [], [], 0)[0]:
            os.read(self._dog, _PIECE)  # reports of the one that has ended
        if self._process.wait() == -signal.SIGKILL:  # a reset by hardware forgets everything
            self._raw = False
        else:
            os.write(self._outside, b"MPY: soft reboot\r\n")
        self._start()

    def _from_board(self):
        """False once the interpreter has ended."""
        try:
            data = os.read(self._inside, _PIECE)
        except OSError:
            return False
        if _RAW_BANNER in data:
            self._raw = True
        if data.endswith(_PROMPT):
            self._deaf_until = 0.0
            if self._enter_raw:
                os.write(self._inside, _CTRL_A)
                self._enter_raw = False
        if data:
            os.write(self._outside, data)
        return bool(data)

    def _to_board(self):
        """False once the power is to be cut. Nothing is sent to a board that would not hear it:
        before it waits for something the first time (a flash in Python loses an interrupt), and
        from an interrupt to the prompt."""
        end = self._input.find(_CTRL_C) + 1 or len(self._input)
        data, self._input = self._input[:end], self._input[end:]
        # The raw REPL shows no prompt for a Ctrl-C.
        deaf_s = _QUIET_S if self._raw else _DEAF_S
        self._deaf_until = time.monotonic() + deaf_s if data.endswith(_CTRL_C) else 0.0
        if _CTRL_B in data:
            self._raw = False
        heard = self._tail + data
        self._tail = heard[1 - len(_OPEN) :]
        for _ in range(heard.count(_OPEN)):
            self._opened += 1
            if self._opened == self._cut_at:
                return False
            if self._copies is not None:
                shutil.copy(self._image, Path(self._copies, f"{self._opened:03}"))
        os.write(self._inside, data)
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("image", help="the flash; made if there is none")
    for name in PORTS:
        parser.add_argument(f"--{name}", help=f"PTY or serial port of the {name}")
    parser.add_argument("--cut-at", type=int, metavar="N", help="cut the power at the N-th file")
    parser.add_argument("--copies", metavar="DIR", help="keep the flash as it is at each file")
    args = parser.parse_args()
    if not os.path.exists(args.image):
        blank_flash(args.image)
    ports = {name: getattr(args, name) for name in PORTS if getattr(args, name)}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    board = Board(args.image, ports, args.cut_at, args.copies)
    try:
        print(board.port, flush=True)
        board.serve()
    finally:
        board.close()


if __name__ == "__main__":
    main()

"""`python -m host_sim.ptyboard.console IMAGE`: a board whose USB port is a PTY, for mpremote.

The board is a real MicroPython in a process of its own, started again at each reset; killing it
is the plug that is pulled. Prints the port's name, then serves until it is killed. No byte is lost,
held back or timed: what the board does not read yet waits for it, and only a reset by hardware
takes the port away, with all that is under way in it, as USB does.
"""

import argparse
import os
import pty
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import tty
from contextlib import suppress
from pathlib import Path

from host_sim.ptyboard import flashfile

ROOT = Path(__file__).parents[2]
MICROPYTHON = Path(sys.executable).with_name("micropython")
PORTS = ("link", "panel", "printer")

_PIECE = 4096
_LOOK_S = 0.2  # how late the watchdog may be
_UP = b"up"
_CTRL_A, _CTRL_B = b"\x01", b"\x02"
_OPEN = b",'wb')"  # in what mpremote sends when it begins a file
_RAW_BANNER = b"raw REPL; CTRL-B to exit"


def environment(image, ports):
    """Environment of a MicroPython that is to run on the chip of host_sim/ptyboard/chip.py.
    `image`: a file, see flashfile.py."""
    flashfile.separate(image)
    given = {f"TUIDAN_{name.upper()}": str(path) for name, path in ports.items()}
    given["TUIDAN_KEY_SLOT"] = str(flashfile.key_file(image))
    path = f"{ROOT / 'host_sim/shims'}:{ROOT}"
    return os.environ | given | {"TUIDAN_FLASH": str(image), "MICROPYPATH": path}


class Watch:
    """Finds a word in bytes that come in pieces."""

    def __init__(self, word):
        self._word = word
        self._tail = b""

    def count(self, data):
        """How often the word ends in this piece."""
        seen = self._tail + data
        self._tail = seen[1 - len(self._word) :]
        return seen.count(self._word)


class Board:
    """`port` is a link to the PTY for mpremote: after a reset by hardware to another one, and who
    has the old one open sees it hang up. `cut_at` n: the power goes, and the port with it, when
    the n-th file is opened for writing. `copies`: a folder for what the flash holds then, for
    every n."""

    def __init__(self, image, ports, cut_at=None, copies=None):
        self._folder = tempfile.TemporaryDirectory(prefix="tuidan-board-")
        self.port = os.path.join(self._folder.name, "port")
        dog = os.path.join(self._folder.name, "watchdog")
        os.mkfifo(dog)
        self._dog = os.open(dog, os.O_RDWR | os.O_NONBLOCK)
        self._environment = environment(image, {**ports, "watchdog": dog, "usb": "yes"})
        self._image = image
        self._cut_at = cut_at
        self._copies = copies
        self._opened = 0
        self._opens = Watch(_OPEN)
        self._banners = Watch(_RAW_BANNER)
        self._plug_in()
        self._start()

    def _plug_in(self):
        """A new port, with nothing under way in either direction."""
        self._outside, self._held = pty.openpty()
        tty.setraw(self._held)
        self._inside, self._board_end = (end.detach() for end in socket.socketpair())
        for descriptor in (self._outside, self._inside):
            os.set_blocking(descriptor, False)
        self._to_board = self._to_port = b""
        self._raw = False
        link = self.port + ".new"
        os.symlink(os.ttyname(self._held), link)
        os.replace(link, self.port)

    def _unplug(self):
        for descriptor in (self._outside, self._held, self._inside, self._board_end):
            os.close(descriptor)

    def _start(self):
        self._process = subprocess.Popen(
            [MICROPYTHON, "-i", ROOT / "host_sim/ptyboard/boot.py"],
            stdin=self._board_end, stdout=self._board_end, stderr=self._board_end,
            process_group=0,  # a Ctrl-C for us is none for the board
            env=self._environment | ({"TUIDAN_RAW": "1"} if self._raw else {}),
        )  # fmt: skip
        self._ended = os.pidfd_open(self._process.pid)
        self._bite_at: float | None = None
        if self._raw:
            self._to_board += _CTRL_A  # it begins with a prompt, and a soft reset leaves the mode

    def serve(self):
        """Carry bytes, restart the interpreter, be its watchdog; returns when the power is cut."""
        while True:
            now = time.monotonic()
            # More is read only when all before it is written.
            reading = [self._ended, self._dog]
            reading += [] if self._to_board else [self._outside]
            reading += [] if self._to_port else [self._inside]
            writing = [self._inside] if self._to_board else []
            writing += [self._outside] if self._to_port else []
            readable, writable, _ = select.select(reading, writing, [], _LOOK_S)
            if self._ended in readable:
                self._restart()
                continue
            if self._dog in readable:
                self._hear()
            elif self._bite_at is not None and self._bite_at < now:  # and it was not fed until now
                self._process.kill()
            if self._inside in readable:
                self._from_board(os.read(self._inside, _PIECE))
            if self._outside in readable and not self._from_port(os.read(self._outside, _PIECE)):
                return
            if self._inside in writable:
                self._to_board = self._to_board[os.write(self._inside, self._to_board) :]
            if self._outside in writable:
                self._to_port = self._to_port[os.write(self._outside, self._to_port) :]

    def close(self):
        self._process.kill()
        self._process.wait()
        self._unplug()
        os.close(self._ended)
        os.close(self._dog)
        self._folder.cleanup()

    def _restart(self):
        os.close(self._ended)
        killed = self._process.wait() == -signal.SIGKILL
        while select.select([self._dog], [], [], 0)[0]:
            os.read(self._dog, _PIECE)  # reports of the one that has ended
        if killed:
            self._unplug()
            self._plug_in()
        else:
            with suppress(BlockingIOError):
                while True:
                    self._from_board(os.read(self._inside, _PIECE))
            self._to_port += b"MPY: soft reboot\r\n"
        self._start()

    def _hear(self):
        """After how many milliseconds the watchdog is to bite."""
        for report in os.read(self._dog, _PIECE).split():
            if report != _UP:
                self._bite_at = time.monotonic() + int(report) / 1000

    def _from_board(self, data):
        if self._banners.count(data):
            self._raw = True
        self._to_port += data

    def _from_port(self, data):
        """False once the power is to be cut."""
        if _CTRL_B in data:
            self._raw = False
        for _ in range(self._opens.count(data)):
            self._opened += 1
            if self._opened == self._cut_at:
                return False
            if self._copies is not None:
                shutil.copy(self._image, Path(self._copies, f"{self._opened:03}"))
        self._to_board += data
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("image", help="the flash; made if there is none; the key slot is IMAGE.key")
    for name in PORTS:
        parser.add_argument(f"--{name}", help=f"PTY or serial port of the {name}")
    parser.add_argument("--cut-at", type=int, metavar="N", help="cut the power at the N-th file")
    parser.add_argument("--copies", metavar="DIR", help="keep the flash as it is at each file")
    args = parser.parse_args()
    if not os.path.exists(args.image):
        flashfile.write(args.image)
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

"""The two ends that a capture joins: serial ports, what pyserial has URLs for, or new PTYs.

Bytes are taken and given without ever waiting; who waits is capture/line.py.
"""
import os
import pty
import tty

import serial

from tools.ports import unopened

PIECE = 4096


class Gone(Exception):
    """A port that is there no more; its text is one line."""


class Port:
    """A serial port, or a pyserial URL that can be waited for. Raises OSError or ValueError."""

    def __init__(self, name, baud):
        self.name = name
        try:
            self._port = serial.serial_for_url(name, baud, timeout=0)
        except serial.SerialException as reason:
            raise ValueError(f"{name}: {unopened(reason)}") from None
        try:
            self.descriptor = self._port.fileno()
        except OSError:
            self._port.close()
            raise ValueError(f"{name} is of a kind that cannot be waited for") from None

    def read(self):
        """What has come. Raises Gone."""
        try:
            data = os.read(self.descriptor, PIECE)
        except BlockingIOError:
            return b""
        except OSError as reason:
            raise Gone(f"{self.name} is gone: {reason.strerror}") from None
        if not data:  # it said that there is something, and there is not
            raise Gone(f"{self.name} is gone")
        return data

    def write(self, data):
        """How many bytes it took. Raises Gone."""
        try:
            return os.write(self.descriptor, data)
        except BlockingIOError:
            return 0
        except OSError as reason:
            raise Gone(f"{self.name} is gone: {reason.strerror}") from None

    def close(self):
        self._port.close()


class Pty(Port):
    """A new PTY; `name` is what the other program opens. It outlives its coming and going."""

    def __init__(self):
        self.descriptor, self._slave = pty.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.descriptor, False)
        self.name = os.ttyname(self._slave)

    def close(self):
        os.close(self.descriptor)
        os.close(self._slave)


def open_port(name, baud):
    """A Port of this name, or a new PTY for `pty`. Raises OSError or ValueError, one line each."""
    return Pty() if name == "pty" else Port(name, baud)

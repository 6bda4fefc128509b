"""What the system says of a serial port that does not open, in a few words."""
import errno
import os
import termios


def unopened(reason: OSError) -> str:
    """pyserial says it twice, with numbers; of a file that is no port it hides what it met."""
    met = reason.__context__
    if isinstance(met, termios.error) and met.args[0] == errno.ENOTTY:
        return "not a serial port"
    if reason.errno is not None and reason.errno > 0:
        return os.strerror(reason.errno)
    return str(reason.strerror or reason)

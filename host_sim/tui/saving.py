"""What of a till goes into files of the person's own, each a new one: none is written over."""
import io
import os
import traceback
from pathlib import Path

from host_sim.face import recording


def free(folder, name):
    """Path of a name in a folder that no file has yet: NAME, NAME-2, ..."""
    path, number = Path(folder, name), 2
    while path.exists():
        path = Path(folder, f"{Path(name).stem}-{number}{Path(name).suffix}")
        number += 1
    return path


def save_script(folder, till, choice):
    """What was done at a Till as a key script; its path. OSError."""
    path = free(folder, f"till-{till.number}.txt")
    path.write_text(recording.script(till, choice), encoding="utf-8")
    return path


def save_capture(folder, till, masked):
    """All that passed there; its path. OSError. masked(file): what of a capture may be handed
    on."""
    size = os.fstat(till.capture.fileno()).st_size
    path = free(folder, f"till-{till.number}.pcapng")
    path.write_bytes(masked(io.BytesIO(os.pread(till.capture.fileno(), size, 0))))
    return path


def save_failure(folder, error):
    """Where an error of ours came from, without the values that were at hand; its path. OSError."""
    path = free(folder, "tuidan-failed.txt")
    path.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    return path

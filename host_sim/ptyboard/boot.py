"""What a board does at power-on: mount its files as `/`, run boot.py and main.py, then the REPL.

Run as `micropython -i boot.py`. With TUIDAN_RAW set main.py is left out, as after a soft reset in
raw REPL mode.
"""

# mypy: ignore-errors

import os
import sys

import rp2
import vfs
from micropython import const

from host_sim.ptyboard import chip

_FILES = const(1148 * 1024)  # of the flash, below the data volume and the key slot


def mount():
    device = rp2.Flash(start=0, len=_FILES)
    try:
        files = vfs.VfsLfs2(device, progsize=256)
    except OSError:
        vfs.VfsLfs2.mkfs(device, progsize=256)
        files = vfs.VfsLfs2(device, progsize=256)
    vfs.mount(files, "/")
    os.chdir("/")
    sys.path[:] = ["", "/lib"]


def run(name, variables):
    """Run a file of the board, if it is there. Whatever it raises ends in the REPL, but an exit."""
    try:
        os.stat(name)
    except OSError:
        return
    try:
        with open(name) as file:
            program = compile(file.read(), name, "exec")
        exec(program, variables)
    except SystemExit:
        os.system("kill -TERM $PPID")  # a soft reset; with -i an exit would end in the REPL
    except BaseException as error:
        sys.print_exception(error)


chip.install()
mount()
run("/boot.py", globals())
if not os.getenv("TUIDAN_RAW"):
    run("/main.py", globals())

"""What a Pico does at power-on: mount its files, run boot.py and main.py, then the REPL.

Run as `micropython -i boot.py`. With TUIDAN_RAW set main.py is left out, as after a soft reset in
raw REPL mode.
"""

# mypy: ignore-errors

import os
import sys

from host_sim.ptyboard import chip


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
__import__("tools.pico._boot")  # frozen into a Pico's MicroPython
os.chdir("/")
sys.path[:] = ["", "/lib"]
run("/boot.py", globals())
if not os.getenv("TUIDAN_RAW"):
    run("/main.py", globals())

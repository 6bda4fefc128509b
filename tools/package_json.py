"""Writes package.json, by which MicroPython's mip installs the terminal's files over a network.

`python -m tools.package_json` after a file came or went; `--check` only says whether it is due.
"""

import json
import sys
import tomllib
from pathlib import Path

from tools.subset import OURS, portable_files

ROOT = Path(__file__).parents[1]
PATH = ROOT / "package.json"
DATA = (".bin", ".txt")  # glyphs and their licence, the operator's words


def files() -> list[str]:
    """Paths, from the project's folder on, of all that a board needs."""
    data = [path for room in OURS for path in (ROOT / room).rglob("*") if path.suffix in DATA]
    return sorted(path.relative_to(ROOT).as_posix() for path in portable_files() + data)


def text() -> str:
    """package.json as it should be: `urls` are (place on the board, address from here) pairs."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    pairs = ",\n".join(f"    {json.dumps([name, name])}" for name in files())
    return f'{{\n  "urls": [\n{pairs}\n  ],\n  "deps": [],\n  "version": "{version}"\n}}\n'


def main(arguments: list[str]) -> int:
    if arguments != ["--check"]:
        PATH.write_text(text())
    elif PATH.read_text() != text():
        print("package.json is out of date: python -m tools.package_json", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

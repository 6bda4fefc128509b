"""Keeps firmware/ and the portable half of protocol/ to what MicroPython has on every board.

Three witnesses are asked: the real unix port for names, builtins and methods, and the stubs of both
boards for modules. What none of them can see (a method that one type has and another has not) only
running shows.
"""

import ast
import builtins
import json
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.stubs import BOARDS, Stubs

ROOT = Path(__file__).parents[1]
MICROPYTHON = Path(sys.executable).with_name("micropython")

OURS = ("firmware", "protocol")
CHIP = ("machine", "rp2", "esp32")  # what the unix port has in another form or not at all
COMPILER = ("micropython.native", "micropython.viper")  # decorators that are no attributes
COMPILER_NAMES = {"ptr", "ptr8", "ptr16", "ptr32", "uint"}  # inside viper functions

TYPES = (str, bytes, bytearray, list, dict, set, frozenset, tuple, int, float, memoryview)
# Builtin functions and methods that take keywords on MicroPython; none else does.
KEYWORDS = {
    "enumerate": {"start"}, "max": {"default", "key"}, "min": {"default", "key"},
    "open": {"encoding", "mode"}, "print": {"end", "file", "sep"}, "property": set(),
    "sort": {"key", "reverse"}, "sorted": {"key", "reverse"},
}  # fmt: skip
ANY_KEYWORD = ("dict", "format", "update")


class Use(NamedTuple):
    """A name of a module that is none of ours, as `module.name.attribute`."""

    line: int
    name: str
    call: ast.Call | None


def portable_files() -> list[Path]:
    files = [path for room in OURS for path in (ROOT / room).rglob("*.py")]
    return sorted(path for path in files if "reference" not in path.parts)


def uses(tree: ast.AST) -> Iterator[Use]:
    """Every name taken from MicroPython's modules, with the call if it is called."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name] = alias.name
                yield Use(node.lineno, alias.name, None)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                names[alias.asname or alias.name] = full = f"{node.module}.{alias.name}"
                yield Use(node.lineno, full, None)
    names = {name: full for name, full in names.items() if full.split(".")[0] not in OURS}
    called = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            root, _, rest = ast.unparse(node).partition(".")
            if root in names and (not rest or rest.replace(".", "").isidentifier()):
                full = names[root] + ("." + rest if rest else "")
                yield Use(node.lineno, full, called.get(id(node)))


def boards_of(tree: ast.AST) -> tuple[str, ...]:
    """A file that names a chip's own module is for that board; every other one is for both."""
    modules = {use.name.split(".")[0] for use in uses(tree)}
    own = tuple(board for board in BOARDS if board in modules)
    return own or BOARDS


# ------------------------------------------------------------------ what the unix port has

_PROBE = """
import builtins, json, sys
def has(dotted):
    path = dotted.split(".")
    try:
        found = __import__(path[0])
        for name in path[1:]:
            found = getattr(found, name)
    except (ImportError, AttributeError):
        return False
    return True
print(json.dumps({
    "missing": [name for name in %r if not has(name)],
    "builtins": dir(builtins),
    "methods": {name: dir(getattr(builtins, name)) for name in %r},
}))
"""


@cache
def unix_port(names: frozenset[str] = frozenset()) -> dict:
    """Which of the dotted names the real interpreter lacks, its builtins, its types' methods."""
    types = [kind.__name__ for kind in TYPES]
    program = _PROBE % (sorted(names), types)
    done = subprocess.run([MICROPYTHON, "-c", program], capture_output=True, timeout=60)
    if done.returncode:
        raise RuntimeError(done.stderr.decode())
    return json.loads(done.stdout)


# ------------------------------------------------------------------ the rules


def modules(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Names that a module of MicroPython's has not, here or on a board."""
    found = [use for use in uses(tree) if use.name.split(".")[0] not in OURS]
    found = [use for use in found if use.name not in COMPILER]
    asked = {use.name for use in found if use.name.split(".")[0] not in CHIP}
    missing = set(unix_port(frozenset(asked))["missing"])
    for use in found:
        if use.name in missing:
            yield use.line, f"{use.name} is not on the unix port"
        for board in boards_of(tree):
            if not stubs(board).find(use.name):
                yield use.line, f"{use.name} is not in the {board} stubs"


def builtin_names(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Builtins of CPython that MicroPython leaves out."""
    bound = {"__file__", "__name__"} | COMPILER_NAMES
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            bound.add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            bound |= {alias.asname or alias.name for alias in node.names}
    known = bound | set(unix_port()["builtins"])
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known:
            yield node.lineno, f"{node.id} is no builtin"


def methods(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Methods of builtin types that MicroPython leaves out, as far as the name tells."""
    have = unix_port()["methods"]
    anywhere = {name for names in have.values() for name in names} | own_attributes()
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
            continue
        kind = _type_of(node.value)
        if kind and hasattr(kind, node.attr) and node.attr not in have[kind.__name__]:
            yield node.lineno, f"{kind.__name__} has no {node.attr}"
        elif any(hasattr(one, node.attr) for one in TYPES) and node.attr not in anywhere:
            yield node.lineno, f"no type has {node.attr}"


def keywords(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Keywords where MicroPython takes arguments by their place only."""
    elsewhere = {id(use.call) for use in uses(tree)}  # the stubs know those
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.keywords and id(node) not in elsewhere:
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            given = {one.arg for one in node.keywords}
            if name in ANY_KEYWORD or not given - KEYWORDS.get(name, set()):
                continue
            if name in exceptions():
                yield node.lineno, f"{name} is an exception and takes no keywords"
            if isinstance(node.func, ast.Attribute):
                builtin = any(hasattr(one, name) for one in TYPES) and name not in own_attributes()
            else:
                builtin = name in unix_port()["builtins"]
            if builtin:
                yield node.lineno, f"{name} takes no such keyword"


def shapes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What compiles and then fails, or does something else without a word."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Delete):
            for target in node.targets:
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Slice):
                    yield node.lineno, "a slice cannot be deleted: assign b'' to it"
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            codec = getattr(node.args[0], "value", None)
            if node.func.attr in ("encode", "decode") and isinstance(codec, str):
                if codec.lower().replace("-", "") != "utf8":
                    yield node.lineno, f"every codec is UTF-8, {codec} too"


RULES = (modules, builtin_names, methods, keywords, shapes)


@cache
def stubs(board: str) -> Stubs:
    return Stubs(board)


@cache
def own_attributes() -> set[str]:
    """Names of methods and attributes that our own classes define."""
    names = set()
    for path in portable_files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef):
                names |= {one.name for one in node.body if isinstance(one, ast.FunctionDef)}
                names |= {one.name for one in node.body if isinstance(one, ast.AsyncFunctionDef)}
            elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
                names.add(node.attr)
    return names


@cache
def exceptions() -> set[str]:
    """The builtin exceptions and our own."""
    names = {name for name, kind in vars(builtins).items()
             if isinstance(kind, type) and issubclass(kind, BaseException)}  # fmt: skip
    trees = [ast.parse(path.read_text()) for path in portable_files()]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    before = 0
    while before != len(names):
        before = len(names)
        names |= {one.name for one in classes if names & {ast.unparse(base) for base in one.bases}}
    return names


def _type_of(node: ast.expr) -> type | None:
    """The builtin type of a literal, or the type itself where a name says it."""
    if isinstance(node, ast.Constant):
        return type(node.value) if type(node.value) in TYPES else None
    if isinstance(node, ast.JoinedStr):
        return str
    if isinstance(node, ast.Name):
        return {kind.__name__: kind for kind in TYPES}.get(node.id)
    return None


def faults() -> Iterator[str]:
    """Everything in the tree that leaves the subset, one line each."""
    for path in portable_files():
        tree = ast.parse(path.read_text())
        for rule in RULES:
            for line, fault in rule(tree):
                yield f"{path.relative_to(ROOT)}:{line} {fault}"


def main() -> int:
    """0 if the subset is kept, 1 with a line for each fault, 2 if a witness is not there."""
    if not MICROPYTHON.exists():
        print("no MicroPython for this machine: the subset is not checked", file=sys.stderr)
        return 0
    try:
        found = sorted(set(faults()))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(found) or f"{len(portable_files())} files keep to MicroPython's subset")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

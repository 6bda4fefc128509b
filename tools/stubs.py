"""Reads a board's stubs: is there such a name, and does a call fit its signature?

The stubs are read as text, never imported: each board's set has a `machine` of its own.
"""

import ast
import inspect
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
BOARDS = ("rp2", "esp32")

_KINDS = inspect.Parameter
Found = list[ast.AST]  # a name's definitions: several of one function are its overloads


class Stubs:
    """The stubs of one of BOARDS, as `make typings/BOARD/.installed` puts them there."""

    def __init__(self, board: str):
        self.board = board
        self._folder = ROOT / "typings" / board
        if not (self._folder / ".installed").exists():
            raise FileNotFoundError(f"no stubs: make typings/{board}/.installed")
        self._names = cache(self._read)

    def find(self, dotted: str) -> Found:
        """The definitions of module.name.attribute..., empty if the board has no such thing."""
        module, *path = dotted.split(".")
        names = self._names(module)
        if names is None:
            return []
        found: Found = [ast.Module([], [])]
        for name in path:
            if found and all(isinstance(node, ast.Assign | ast.AnnAssign) for node in found):
                break  # a value: what it has is its type's
            found = self._resolved(module, names.get(name, []))
            names = self._members(module, found)
        return found

    def fits(self, dotted: str, args: int, keywords: list[str]) -> bool:
        """Whether a call with so many arguments and those keywords suits one of the overloads."""
        found = self.find(dotted)
        if any(isinstance(node, ast.ClassDef) for node in found):
            found = self.find(dotted + ".__init__")
        return any(_accepts(node, args, keywords) for node in found)

    def _read(self, module: str) -> dict[str, Found] | None:
        for folder in (self._folder, self._folder / "stdlib"):
            for path in (folder / f"{module}.pyi", folder / module / "__init__.pyi"):
                if path.exists():
                    return _names_in(ast.parse(path.read_text()).body)
        return None

    def _resolved(self, module: str, found: Found) -> Found:
        """Follow `from elsewhere import name`; what a package takes from itself is taken as is."""
        for node in found:
            if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                (alias,) = node.names
                return self.find(f"{node.module.split('.')[0]}.{alias.name}") or found
        return found

    def _members(self, module: str, found: Found) -> dict[str, Found]:
        """What a class has, its bases' things included."""
        members: dict[str, Found] = {}
        for node in found:
            if isinstance(node, ast.ClassDef):
                for base in node.bases:
                    if isinstance(base, ast.Name):
                        owner = self._names(module) or {}
                        inherited = self._resolved(module, owner.get(base.id, []))
                        members |= self._members(module, inherited)
                members |= _names_in(node.body)
        return members


def _names_in(body: list[ast.stmt]) -> dict[str, Found]:
    names: dict[str, Found] = {}
    for node in body:
        if isinstance(node, ast.If):
            for name, found in _names_in(node.body + node.orelse).items():
                names.setdefault(name, []).extend(found)
        elif isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.setdefault(node.name, []).append(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                names.setdefault(ast.unparse(target), []).append(node)
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                one = ast.ImportFrom(node.module, [alias], node.level)
                names.setdefault(alias.asname or alias.name, []).append(one)
    return names


def _accepts(node: ast.AST, args: int, keywords: list[str]) -> bool:
    """Whether a function's definition takes such a call. A method's `self` is not counted."""
    if not isinstance(node, ast.FunctionDef):
        return False
    known = node.args
    positional = known.posonlyargs + known.args
    required = len(positional) - len(known.defaults)
    parameters = []
    for index, one in enumerate(positional):
        only = index < len(known.posonlyargs)
        kind = _KINDS.POSITIONAL_ONLY if only else _KINDS.POSITIONAL_OR_KEYWORD
        default = _KINDS.empty if index < required else None
        parameters.append(inspect.Parameter(one.arg, kind, default=default))
    decorators = [ast.unparse(one) for one in node.decorator_list]
    if parameters and parameters[0].name in ("self", "cls") and "staticmethod" not in decorators:
        parameters.pop(0)
    if known.vararg:
        parameters.append(inspect.Parameter(known.vararg.arg, _KINDS.VAR_POSITIONAL))
    for one, given in zip(known.kwonlyargs, known.kw_defaults, strict=True):
        default = _KINDS.empty if given is None else None
        parameters.append(inspect.Parameter(one.arg, _KINDS.KEYWORD_ONLY, default=default))
    if known.kwarg:
        parameters.append(inspect.Parameter(known.kwarg.arg, _KINDS.VAR_KEYWORD))
    try:
        inspect.Signature(parameters).bind(*[None] * args, **dict.fromkeys(keywords))
    except TypeError:
        return False
    return True

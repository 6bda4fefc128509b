"""A mypy plugin: the attributes of a class whose names stand in a table are those of the table.

A misspelt `record.order` would otherwise be stored nowhere, and no one would be told.
"""

import ast
from pathlib import Path

from mypy.nodes import MDEF, SymbolTableNode, Var
from mypy.plugin import Plugin
from mypy.types import AnyType, TypeOfAny

# class -> the file and the table in it from which a new one takes the names
TABLES = {
    "firmware.transaction.Record": ("firmware/record.py", "FIELDS"),
    "firmware.params.Params": ("firmware/params.py", "DEFAULTS"),
    "firmware.settlement.Settlement": ("firmware/settlement.py", "DEFAULTS"),
}


def names_in(path, table):
    """The keys of a dict, or every other part of a tuple, read without running the file."""
    for node in ast.parse(Path(path).read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == table:
            keys = getattr(node.value, "keys", None) or node.value.elts[::2]
            return [key.value for key in keys]
    raise LookupError(f"{path} has no table {table}")


class Tables(Plugin):
    """Gives such a class an attribute of any type for each name in its table."""

    def get_customize_class_mro_hook(self, fullname):
        return self._add_names if fullname in TABLES else None

    def _add_names(self, context):
        info = context.cls.info
        for name in names_in(*TABLES[info.fullname]):
            variable = Var(name, AnyType(TypeOfAny.special_form))
            variable.info = info
            variable._fullname = f"{info.fullname}.{name}"
            info.names[name] = SymbolTableNode(MDEF, variable)


def plugin(version):
    return Tables

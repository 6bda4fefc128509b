"""THE tables of the dialect: fields, tags, messages and response codes, a line of text for each.
Both codecs and the session read them; nothing else may know a field's form. Source: the UnionPay
POS terminal dialect as README.md tells it; "ours" marks what this project adds.

Text, for a terminal keeps it in a sixth of the memory that dicts of tuples take, and a file for
each table, for it has only the one in memory that it reads. The columns are words, the last one a
name of any words. The host has the same tables as dicts in protocol/reference/tables.py.
"""


def lines(table):
    """The lines of a table, one after the other."""
    at = 0
    while at + 1 < len(table):
        end = table.find("\n", at + 1)
        yield table[at + 1 : end]
        at = end


def row(table, key, columns):
    """The words of the line that begins with `key`, or None; the last of `columns` is the rest of
    the line."""
    at = table.find("\n" + key + " ") + 1
    if not at:
        return None
    return table[at : table.find("\n", at)].split(None, columns - 1)


def form(text):
    """(kind, bytes of length in front of the value, size) of a form."""
    digits = text[1:].lstrip(".")
    dots = len(text) - 1 - len(digits)
    return text[0], dots - 1 if dots else 0, int(digits)

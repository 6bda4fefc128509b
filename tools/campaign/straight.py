"""The acquirer's statements on their way to SQLite past SQLAlchemy's execution.

SQLAlchemy words each of them once; from then on the driver runs it, with the same values, and what
comes back is made of the same types. A run has forty of them, and the library's way would take a
tenth of its time.
"""

import sqlite3
from collections import namedtuple
from collections.abc import Callable
from contextlib import contextmanager
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, InvalidRequestError

from tools.campaign import shopfront

KEPT = 256  # statements


class Straight:
    """In place of an engine on a ledger in memory, and of its connection, for there is only one:
    what of both the acquirer uses.

    What SQLite refuses is a DBAPIError that names no values. A statement whose words depend on its
    values is a NotImplementedError. `driver` is SQLite's own connection.
    """

    def __init__(self, engine: Engine):
        self.driver = shopfront.driver(engine)
        self._dialect = engine.dialect

    def connect(self) -> "Straight":
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    @contextmanager
    def begin(self):
        """As Engine.begin, and as Connection.begin for who does not look at what it gives."""
        try:
            self._dialect.do_begin(self.driver)
        except sqlite3.Error as error:
            raise _refused("begin", error) from error
        try:
            yield self
            self._commit()
        except BaseException:
            self.driver.rollback()
            raise

    def _commit(self):
        try:
            self.driver.commit()
        except sqlite3.Error as error:
            raise _refused("commit", error) from error

    def execute(self, statement, values=()):
        many = isinstance(values, list)
        names = tuple(values[0] if many else values)
        sql, bound, answer = _worded(statement, names, self._dialect)
        try:
            if many:
                return answer(self.driver.executemany(sql, [bound(one) for one in values]))
            return answer(self.driver.execute(sql, bound(values)))
        except sqlite3.Error as error:
            raise _refused(sql, error) from error


def _refused(sql, error) -> DBAPIError:
    """What SQLite refuses, as the library has it."""
    return DBAPIError(sql, None, error, hide_parameters=True)


class _Rows(list):
    """What of a Result the acquirer uses."""

    inserted_primary_key: tuple = ()

    def all(self):
        return self

    def one_or_none(self):
        return self.one() if self else None

    def one(self):
        if len(self) != 1:
            raise InvalidRequestError(f"{len(self)} rows, and one was asked for")
        return self[0]

    def scalar_one(self):
        return self.one()[0]

    def scalars(self):
        return (row[0] for row in self)


@lru_cache(KEPT)
def _worded(statement, names, dialect) -> tuple[str, Callable, Callable]:
    """SQL, what makes values, by name, its parameters, and what makes a cursor the answer."""
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(names) or None)
    if compiled.post_compile_params:
        raise NotImplementedError("its words change with its values")
    if compiled.isinsert:
        return compiled.string, _bound(compiled, names), _inserted
    return compiled.string, _bound(compiled, names), _read(statement.exported_columns, dialect)


def _bound(compiled, names) -> Callable:
    """The function that makes of values, by name, the parameters in their order."""
    defaults = {column.key: column.default.arg for column in compiled.prefetch}
    slots = []  # name of the value, what writes it for SQLite, what stands where none is given
    for name in compiled.positiontup:
        bind = compiled.binds[name]
        write = bind.type.dialect_impl(compiled.dialect).bind_processor(compiled.dialect) or _as_is
        if name in names:
            slots.append((name, write, None))
        elif name in defaults or not bind.required:
            slots.append((None, write, write(defaults.get(name, bind.value))))
        else:
            raise InvalidRequestError(f"no value for {name}")

    def bound(values):
        return [usual if name is None else write(values[name]) for name, write, usual in slots]

    if len(slots) > 1 and all(name and write is _as_is for name, write, _ in slots):
        return itemgetter(*compiled.positiontup)
    return bound


def _as_is(value):
    return value


def _read(columns, dialect) -> Callable:
    """The function that makes the rows of a cursor."""
    kind: Any = namedtuple("Row", columns.keys(), rename=True)  # type: ignore[misc]
    reads = [column.type.dialect_impl(dialect).result_processor(dialect, None)
             for column in columns]  # fmt: skip
    others = [(at, read) for at, read in enumerate(reads) if read is not None]

    def read(cursor):
        rows = cursor.fetchall()
        if others and rows:
            rows = [list(row) for row in rows]
            for row in rows:
                for at, one in others:
                    row[at] = one(row[at])
        return _Rows(map(kind._make, rows))

    return read


def _inserted(cursor) -> _Rows:
    rows = _Rows()
    rows.inserted_primary_key = (cursor.lastrowid,)
    return rows

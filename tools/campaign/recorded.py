"""What a procedure makes the host write, and every image of the ledger's file that a power cut may
leave of it, opened and looked at.

An image must hold exactly the commits that were acknowledged, or one more.
"""

import shutil
import sqlite3
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from host_sim.acquirer import samples, schema
from tools.campaign.host_till import Disagreement, Host, Till, play_through

CHECKPOINT = "power, checkpoints"


def wrong_in_books(books: sqlite3.Connection) -> list[str]:
    """What a ledger's books do not bear, in words."""
    return [
        f"{name}: {row}" for name, statement in _BOOKS for row in books.execute(statement)
    ]


_NET = "sum(iif(p.kind = 'undo', -p.amount_fen, p.amount_fen))"
_BOOKS = (
    ("accounts do not sum to zero",
     "select sum(fen) from (select amount_fen as fen from posting join account on name = credit "
     "union all select -amount_fen from posting join account on name = debit) having sum(fen)"),
    ("posted otherwise than the state says",
     f"select t.id, t.state, {_NET}, t.amount_fen as amount from txn t "
     "left join posting p on p.txn_id = t.id "
     f"group by t.id having coalesce({_NET}, 0) <> iif(t.state = {schema.APPROVED}, amount, 0)"),
    ("posted more than once",
     "select txn_id, kind from posting where txn_id is not null group by txn_id, kind "
     "having count(*) > 1"),
    ("more given back than was sold",
     f"select o.order_no from sold_order o join posting p using (order_no) where p.kind <> 'sale' "
     f"group by o.order_no having {_NET} > o.amount_fen"),
    ("a settlement counted otherwise than it says",
     "select s.id, debit_fen, credit_fen from settlement s "
     f"where s.batch = {samples.OPEN_BATCH} and (debit_fen <> (select coalesce(sum(amount_fen), 0) "
     "from txn where settled = s.id and kind = 'sale') or credit_fen <> (select "
     "coalesce(sum(amount_fen), 0) from txn where settled = s.id and kind <> 'sale'))"),
    ("an order that no sale has made",
     "select o.order_no from sold_order o where not exists "
     "(select 1 from posting p where p.order_no = o.order_no and p.kind = 'sale')"),
)  # fmt: skip


class Recording(NamedTuple):
    """`states`: what the tables held at first and after each commit; `before`: the files then."""

    operations: list
    before: dict[str, bytes]
    states: list[tuple]


def moments(recording: Recording) -> range:
    """The moments to look at: before each sync, and the end."""
    return range(1 + sum(operation.kind == "sync" for operation in recording.operations))


def look(recording: Recording, moment: int) -> tuple[int, list[str], int]:
    """(images opened, what is wrong in them, commits that were acknowledged and lost in the worst)
    of the images that a power cut at a moment may leave."""
    from tools.campaign import images

    seen, wrong, lost = 0, set(), 0
    with TemporaryDirectory(prefix="tuidan-") as folder:
        for image in images.at_moment(recording.operations, recording.before, moment):
            seen += 1
            state, damage = _opened(Path(folder), image.files)
            if damage:
                wrong.add(damage)
                continue
            number = recording.states.index(state) if state in recording.states else None
            if number is None:
                wrong.add("an image holds what no commit has left")
            elif number < image.acknowledged:
                lost = max(lost, image.acknowledged - number)
                wrong.add(f"{image.acknowledged - number} acknowledged commits are lost")
            elif number > image.acknowledged + 1:
                wrong.add("an image holds a commit that had not begun")
    return seen, sorted(wrong), lost


@cache
def recorded(procedure, fault):
    return record(procedure, checkpoints=fault == CHECKPOINT)


def record(procedure, checkpoints=False, journal="WAL", synchronous="FULL") -> Recording:
    """What is written while the statements of a procedure are executed, in one go or with a
    checkpoint after each commit; at the end the database is closed."""
    import apsw

    from tools.campaign import images

    with TemporaryDirectory(prefix="tuidan-") as folder:
        host = Host(Path(folder), taken_down=True)
        path = Path(folder, "ledger.db")
        shutil.copy(host.path, path)
        before = {"": path.read_bytes()}
        play_through(Till(host), procedure)
        recorder = images.Recorder(str(path))
        connection = apsw.Connection(str(path), vfs=recorder.name)
        if journal == "WAL":  # apsw's files share no memory: the connection keeps the index itself
            connection.execute("pragma locking_mode=exclusive").fetchall()
        for pragma in (f"journal_mode={journal}", f"synchronous={synchronous}", "foreign_keys=ON"):
            connection.execute(f"pragma {pragma}").fetchall()
        states = [_state(connection)]
        for statement in host.statements:
            connection.execute(statement).fetchall()
            if statement == "COMMIT" and (state := _state(connection)) != states[-1]:
                recorder.operations.append(images.Operation("acknowledged"))
                states.append(state)
                if checkpoints:
                    connection.execute("pragma wal_checkpoint(passive)").fetchall()
        connection.close()
        with closing(sqlite3.connect(host.path)) as played:
            if _state(played) != states[-1]:
                raise Disagreement("the statements that were taken down come to something else")
        return Recording(recorder.operations, before, states)


def _opened(folder, files):
    """(what the tables of an image hold, None), or (None, what is wrong with it)."""
    for old in folder.iterdir():
        old.unlink()
    path = folder / "ledger.db"
    for part, data in files.items():
        Path(f"{path}{part}").write_bytes(data)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        try:
            connection.execute("pragma synchronous=OFF")
            damage = connection.execute("pragma integrity_check").fetchall()
            if damage != [("ok",)]:
                return None, f"an image is damaged: {damage[0][0]}"
            if wrong := wrong_in_books(connection):
                return None, f"the books of an image: {wrong[0]}"
            return _state(connection), None
        except sqlite3.DatabaseError as reason:
            return None, f"an image cannot be opened: {reason}"


_TABLES = [table.name for table in schema.metadata.sorted_tables]


def _state(connection):
    """What the tables hold and the count of changes, by whichever SQLite."""
    asked = ["pragma user_version", *(f"select * from {table}" for table in _TABLES)]
    return tuple(tuple(connection.execute(one).fetchall()) for one in asked)

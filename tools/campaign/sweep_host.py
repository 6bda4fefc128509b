"""Every place where the host can die in a refund: at each database operation, and in each write.

Two kinds of run. `crash`: the acquirer dies at one point, is started again on what the kernel had
of its files, and the terminal asks again. `power`: every image of the ledger that a power cut may
leave between two syncs is opened, and must hold exactly the commits that were acknowledged, or one
more. A run is known by its case alone and can be played again.
"""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from sqlalchemy import event

from host_sim.acquirer import ledger, review, samples, schema
from host_sim.acquirer.crash import CrashPoints, HostCrash
from host_sim.acquirer.server import Acquirer
from host_sim.world import START
from protocol import sealing, session, tlv
from protocol.iso8583 import Message
from protocol.keys import unwrap_working_keys
from protocol.reference import codec
from protocol.reference.ciphers import Ciphers
from protocol.subfields import f60, f61
from tools.shop import sample_ledger

CRASH, POWER, CHECKPOINT = "crash", "power", "power, checkpoints"
FAULTS = (CRASH, POWER, CHECKPOINT)

PART, QR, SAME_DAY, HELD = "20260004", "20260005", "20260001", "20260011"
PART_FEN, HELD_FEN = 1_000, 5_000
_NOW = START + timedelta(minutes=1)
_DATED = f"{START:%Y%m%d}"
_CIPHERS = Ciphers()
_GOOD = {"refund": ("00", "09"), "void": ("00",), "cancel": ("00",), "reversal": ("00", "25")}
FENCED = 900  # the STAN of a refund that is cancelled before it arrives

# procedure: what is done, in order: (method of Till, its arguments). Where the host dies, the
# terminal's side of that step is asked again, and the rest follows.
PROCEDURES = {
    "part refund": (("refund", PART, PART_FEN),),
    "QR refund": (("refund", QR, 100_000),),
    "void": (("void", SAME_DAY),),
    "held refund": (("refund", HELD, HELD_FEN), ("decide",), ("status",)),
    "cancel": (("refund", PART, PART_FEN), ("cancel",)),
    "fence": (("fence", PART, PART_FEN), ("refund", PART, PART_FEN)),
    "void reversal": (("void", SAME_DAY), ("reverse",)),
}


class Case(NamedTuple):
    """`at`: the point at which the acquirer dies, from 1; or the sync before which the power goes,
    from 0 (the last one is the end)."""

    procedure: str
    fault: str
    at: int


class Verdict(NamedTuple):
    """`faults`: crashes that happened, or images looked at; `wrong`: what does not add up, in
    words; empty if everything does."""

    case: Case
    faults: int
    wrong: list[str]


def cases() -> list[Case]:
    """All of them."""
    return [case for procedure in PROCEDURES for case in of_procedure(procedure)]


def counts(verdicts) -> dict:
    """{what: how many} of a sweep."""
    told: Counter = Counter()
    for verdict in verdicts:
        what = "crashes of the host" if verdict.case.fault == CRASH else "images looked at"
        told[f"{what}, {verdict.case.procedure}"] += verdict.faults
    return dict(told)


def of_procedure(
    procedure: str, step: int = 1, faults: Iterable[str] = FAULTS
) -> list[Case]:
    """All cases of one procedure, or every `step`-th of each fault."""
    found = []
    for fault in faults:
        every = _points(procedure) if fault == CRASH else moments(_recorded(procedure, fault))
        found += [Case(procedure, fault, at) for at in every[::step]]
    return found


def _points(procedure):
    with TemporaryDirectory(prefix="tuidan-") as folder:
        host = Host(Path(folder))
        _attempt(Till(host), procedure)
        return range(1, host.points.count + 1)


def play(case: Case) -> Verdict:
    """Let the host die there, go on, and look."""
    if case.fault != CRASH:
        seen, wrong, _ = look(_recorded(case.procedure, case.fault), case.at)
        return Verdict(case, seen, wrong)
    with TemporaryDirectory(prefix="tuidan-") as folder:
        host = Host(Path(folder))
        till = Till(host)
        host.points.at(case.at)
        wrong = _attempt(till, case.procedure)
        with closing(sqlite3.connect(host.path)) as books:
            wrong += wrong_in_books(books) + till.disagreements(books)
        return Verdict(case, host.crashes, wrong)


def story(case: Case) -> tuple[Verdict, list[str]]:
    """The same; there is no terminal that could tell more."""
    return play(case), []


def _attempt(till, procedure) -> list[str]:
    """The whole exchange; what it stumbles over."""
    try:
        play_through(till, procedure)
        till.late_copies()
    except Exception as reason:  # whatever it is, it must not happen
        return [f"{type(reason).__name__}: {reason}"]
    return []


def play_through(till: "Till", procedure: str) -> None:
    """Sign on and do what the procedure says, asking again where the host died."""
    for step in (("sign_on",), *PROCEDURES[procedure]):
        getattr(till, str(step[0]))(*step[1:])


class Disagreement(Exception):
    """What the host answers cannot be; the text says why."""


class Host:
    """An acquirer on a file in `folder`, with the samples. Where it dies it is started again.
    `taken_down`: whether `statements` is to have what its SQLite executes."""

    def __init__(self, folder: Path, taken_down: bool = False):
        self.crashes = 0
        self._folder = folder
        self.statements: list[str] = []
        self._taken_down = taken_down
        self.path = folder / "0" / "ledger.db"
        self.path.parent.mkdir()
        self.path.write_bytes(sample_ledger(START.date()))
        self._open()

    def ask(self, what, again):
        """`what(self)`; `again(self)` of the next host where this one dies in it."""
        try:
            return what(self)
        except HostCrash:
            self.crashes += 1
            old = self.path.parent
            self.path = self._folder / str(self.crashes) / "ledger.db"
            # The process is gone: nobody tidies up, and what it wrote is what there is.
            shutil.copytree(old, self.path.parent, ignore=shutil.ignore_patterns("*-shm"))
            self._open()
            return again(self)

    def _open(self):
        self.engine = schema.open_engine(str(self.path))
        if self._taken_down:
            event.listen(self.engine, "checkout", self._take_down)
        self.points = CrashPoints(self.engine)
        self.acquirer = Acquirer(self.points, Random(self.crashes))

    def _take_down(self, connection, *_):
        def note(text):
            if text not in self.statements[-1:]:  # told again for each trigger that it sets off
                self.statements.append(text)

        connection.set_trace_callback(note)


class Till:
    """The terminal's side, by packets alone. It asks again as a terminal does: a refund as 0221, a
    cancel as 0421; a void without an answer is reversed."""

    def __init__(self, host):
        self._host = host
        self._mac: Any = None
        self._stan = 0
        self._sent: list[bytes] = []
        self.believed: dict[int, int] = {}  # STAN: fen that went back under it, by its answers
        self.answered: dict[int, Message] = {}  # STAN: its latest reply
        self._closed: set[int] = set()
        self._last: tuple = ()

    def sign_on(self):
        reply = self._ask("0800", "0800", {11: "000001", 60: _f60("00", "003"), 63: "01 "})
        keys = unwrap_working_keys(reply.fields[62], samples.tmk(samples.TERMINAL), _CIPHERS)
        self._mac = keys.mac("unionpay-ecb", _CIPHERS)

    def refund(self, order_no, amount_fen):
        if self._last and self._last[1] == FENCED:  # the request that its cancel overtook
            self._financial("refund", self._last[0], FENCED, amount_fen, "0220", "0221")
            return
        self._financial("refund", _sold(order_no), self._next(), amount_fen, "0220", "0221")

    def fence(self, order_no, amount_fen):
        self._financial("cancel", _sold(order_no), FENCED, amount_fen, "0420", "0421")

    def cancel(self):
        order, stan, amount_fen = self._last
        self._financial("cancel", order, stan, amount_fen, "0420", "0421")

    def void(self, order_no):
        order = _sold(order_no)
        self._financial("void", order, self._next(), order.amount_fen, "0200", None)

    def reverse(self):
        order, stan, amount_fen = self._last
        self._financial("reversal", order, stan, amount_fen, "0400", "0400")

    def decide(self):
        key = ledger.Key(samples.TERMINAL, samples.OPEN_BATCH, self._last[1], _DATED)

        def decision(host):
            with host.points.begin() as connection:
                review.decide(connection, key, samples.TEST_SHOP, True, "", _NOW)

        def once_more(host):
            try:
                decision(host)
            except review.NotDecidable:  # it had been committed
                pass

        self._host.ask(decision, once_more)

    def status(self):
        _, stan, amount_fen = self._last
        fields = {
            3: "390000", 11: f"{self._next():06d}", 60: _f60("01"), 64: bytes(8),
            61: f61(samples.OPEN_BATCH, stan, _DATED[4:]), 62: tlv.pack([("DF0C", _DATED)]),
        }  # fmt: skip
        reply = self._ask("0600", "0600", fields)
        if tlv.unpack(reply.fields[62])["DF08"] == f"{schema.APPROVED:02d}":
            self.believed[stan] = amount_fen

    def late_copies(self):
        """Every packet comes once more, late: what has happened stays as it is."""
        before = _moved(self._host)
        for packet in tuple(self._sent):

            def arrive(host, packet=packet):
                host.acquirer.answer(packet, _NOW)

            self._host.ask(arrive, arrive)
        if _moved(self._host) != before:
            raise Disagreement("a late copy of a packet changed what was posted")

    def disagreements(self, books: sqlite3.Connection) -> list[str]:
        """What this side's answers say otherwise than the ledger."""
        wrong = []
        rows = books.execute(
            "select stan, txn.kind, state, code, rrn, coalesce((select sum(iif(kind = 'undo', "
            "-amount_fen, amount_fen)) from posting where txn_id = txn.id), 0) from txn "
            "where terminal_id = ? and batch = ? and stan > 99",
            (samples.TERMINAL, samples.OPEN_BATCH),
        ).fetchall()
        posted = {row[0]: row[5] for row in rows}
        if posted != self.believed:
            wrong.append(f"by STAN, {self.believed} fen went back, but {posted} were posted")
        for stan, kind, state, code, rrn, _ in rows:
            told = self.answered[stan].fields
            if state == schema.CANCELLED:
                good = told[39] in (("00", "C9") if kind == "refund" else ("00", "25"))
            else:
                good = told.get(37) == rrn and (told[39] == code or told[39] == "09")
            if not good:
                wrong.append(f"STAN {stan} was answered {told[39]}, the ledger has {state} {code}")
        return wrong

    def _next(self):
        self._stan = max(self._stan, 100) + 1
        return self._stan

    def _financial(self, name, order, stan, amount_fen, mti, again):
        """One request that moves money. `again` None: where no answer comes, it is reversed."""
        self._last = order, stan, amount_fen
        void = name in ("void", "reversal")
        fields = {
            3: "200000", 4: f"{amount_fen:012d}", 11: f"{stan:06d}", 22: "012", 25: "00", 49: "156",
            60: _f60("23" if void else "25"), 64: bytes(8),
        }  # fmt: skip
        if name == "reversal":
            fields[39] = "98"
        else:
            fields[37] = order.rrn
            batch, number = (order.batch, order.stan) if void else (0, 0)
            fields[61] = f61(batch, number, order.sold_on[4:])
        if not void:
            fields[62] = tlv.pack(
                [("DF01", order.order_no), ("DF0C", _DATED), ("DF0D", order.token)]
            )
            fields[63] = "CUP"
        if again is None:
            died = self._host.crashes
            reply = self._ask(mti, None, fields)
            if self._host.crashes > died:
                self.reverse()
                return
        else:
            reply = self._ask(mti, again, fields)
        self.answered[stan] = reply
        code = reply.fields[39]
        late = stan in self._closed and name in ("refund", "void")
        if code not in (("C9", "CA") if late else _GOOD[name]):
            raise Disagreement(f"the {name} with STAN {stan} was answered {code}")
        if name in ("cancel", "reversal"):
            self._closed.add(stan)
        self.believed[stan] = amount_fen if name in ("refund", "void") and code == "00" else 0

    def _ask(self, mti, again, fields) -> Any:
        """The reply to a request; to its repeat where the host died, None if it has none."""

        def exchange(mti):
            named = {41: samples.TERMINAL, 42: samples.TEST_SHOP, **fields}
            request = Message("6000030000", "603100311001", mti, named)

            def send(host):
                packet = sealing.seal(request, self._mac) if 64 in named else codec.encode(request)
                self._sent.append(packet)
                raw = host.acquirer.answer(packet, _NOW)
                if raw is None:
                    raise Disagreement(f"{mti} was not answered")
                reply = codec.decode(raw)
                if mti != "0800":
                    session.check_reply(request, reply, raw, self._mac)
                return reply

            return send

        return self._host.ask(exchange(mti), exchange(again) if again else lambda host: None)


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
def _recorded(procedure, fault):
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


def _moved(host):
    with closing(sqlite3.connect(host.path)) as books:
        asked = ("select * from posting", "select id, state, code, rrn from txn")
        return [books.execute(one).fetchall() for one in asked]


@cache
def _sold(order_no):
    engine = schema.open_engine()
    schema.restore(engine, sample_ledger(START.date()))
    with engine.connect() as connection:
        return ledger.find_order(connection, order_no, samples.TEST_SHOP)


def _f60(kind, network="000"):
    return f60(kind, samples.OPEN_BATCH, network)

"""Files that speak for a refund: a photo, a receipt, a letter. Nothing about them is trusted.

What a file is, its first bytes say. It is kept in the database, so no web root has it, nothing runs
it, and its name names no file: it is only shown.
"""

import hashlib
import unicodedata
from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from host_sim.office import audit, life, masking
from host_sim.office.people import Actor
from host_sim.office.refusals import Refused
from host_sim.office.schema import added, evidence

MOST_BYTES = 5 << 20
MOST_FILES = 8  # of one refund
NAME = 80

# how a file begins: (what it is, how its name is to end)
KINDS = {
    b"\x89PNG\r\n\x1a\n": ("image/png", ".png"),
    b"\xff\xd8\xff": ("image/jpeg", ".jpg"),
    b"%PDF-": ("application/pdf", ".pdf"),
}


def add(
    connection: Connection, actor: Actor, number: int, name: str, content: bytes, now: datetime,
    dispute_id: int | None = None,
) -> int:  # fmt: skip
    """Keep a file with refund `number` -> its own number; the same content again is the same file.
    Raises Refused."""
    actor.must_be_allowed("add evidence")
    life.find(connection, number, actor)
    kind = kind_of(content)
    digest = hashlib.sha256(content).hexdigest()
    of_refund = evidence.c.refund_id == number
    there = connection.execute(
        select(evidence.c.id).where(of_refund, evidence.c.sha256 == digest)
    ).scalar_one_or_none()
    if there is not None:
        return there
    count = select(func.count()).select_from(evidence).where(of_refund)
    if connection.execute(count).scalar_one() >= MOST_FILES:
        raise Refused("FILE_COUNT", f"{MOST_FILES} at most")
    row = {"refund_id": number, "dispute_id": dispute_id, "name": shown_name(name, kind),
           "kind": kind, "size": len(content), "sha256": digest, "content": content,
           "who": actor.name, "at": now}  # fmt: skip
    made = added(connection, evidence, row)
    told = {name: row[name] for name in ("name", "kind", "size", "sha256")}
    audit.append(connection, actor, "evidence added", f"refund {number}", now, new=told)
    return made


def read(connection: Connection, actor: Actor, number: int, file: int) -> Row:
    """File number `file` of refund `number`: name, kind, size, content. Refused NOT_FOUND."""
    life.find(connection, number, actor)
    found = connection.execute(
        select(evidence).where(evidence.c.id == file, evidence.c.refund_id == number)
    ).one_or_none()
    if found is None:
        raise Refused("NOT_FOUND")
    return found


def kind_of(content: bytes) -> str:
    """What its first bytes say that it is. Refused FILE_SIZE, FILE_KIND."""
    if not 0 < len(content) <= MOST_BYTES:
        raise Refused("FILE_SIZE", f"{MOST_BYTES >> 20} MB at most")
    for begins, (kind, _) in KINDS.items():
        if content.startswith(begins):
            return kind
    raise Refused("FILE_KIND")


def shown_name(name: str, kind: str) -> str:
    """A name to be shown: no folders, no control or direction marks, an ending of its kind."""
    last = name.replace("\\", "/").rpartition("/")[2]
    seen = [c for c in last if unicodedata.category(c)[0] not in "CZ" or c == " "]
    plain = "".join(seen).strip(". ")
    ending = next(ending for of, ending in KINDS.values() if of == kind)
    stem = plain.rpartition(".")[0] if "." in plain else plain
    return (masking.written(stem) or "file")[: NAME - len(ending)] + ending

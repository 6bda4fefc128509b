"""Planted bugs of the acquirer: each is something that somebody could have written.

No file of the acquirer knows of them.
"""

from types import SimpleNamespace

from host_sim.acquirer import ledger, review, rules, schema, server
from host_sim.acquirer.call import Answer
from host_sim.acquirer.crash import _Crashing
from host_sim.acquirer.handlers import outcome, refund
from host_sim.acquirer.keys import Keyring
from host_sim.acquirer.schema import APPROVED, CANCELLED, DECLINED, OPEN, REVIEW
from host_sim.acquirer.server import Acquirer
from tests.campaign.planting import commit_early


def _no_tombstone(kind):
    def plant(patch):
        def record(sound, connection, key, **values):
            if values["state"] != CANCELLED or values["kind"] != kind:
                return sound(connection, key, **values)

        patch.around(ledger, "record", lambda sound: lambda *given, **named:
                     record(sound, *given, **named))

    return plant


no_void_tombstone = _no_tombstone("void")
no_refund_tombstone = _no_tombstone("refund")


def two_commits(patch):
    def post(sound, connection, *given):
        if isinstance(connection, _Crashing):
            commit_early(connection)
        sound(connection, *given)

    patch.around(ledger, "post", lambda sound: lambda *given: post(sound, *given))


def _known_as(change):
    """A bug in what a refund or void finds under its key: change(row) gives another."""

    def plant(patch):
        def facts(sound, connection, *given):
            found = sound(connection, *given)
            return found if found.known is None else found._replace(known=change(found.known))

        patch.around(ledger, "facts", lambda sound: lambda *given: facts(sound, *given))

    return plant


decides_again = _known_as(
    lambda row: row._replace(state=OPEN) if row.state in (REVIEW, APPROVED, DECLINED) else row)


def posts_again(patch):
    patch.without(schema.posting, "txn_id", "kind")
    decides_again(patch)


def keys_in_memory(patch):
    """Twice the same key is found only by who has seen it: not behind a restart."""
    seen = set()

    def init(sound, acquirer, *given):
        sound(acquirer, *given)
        seen.clear()

    def facts(sound, connection, key, *given):
        found = sound(connection, key, *given)
        if key in seen:
            return found
        seen.add(key)
        return found._replace(known=None)

    patch.without(schema.txn, "terminal_id", "batch", "stan", "dated")
    patch.around(Acquirer, "__init__", lambda sound: lambda *given: init(sound, *given))
    patch.around(ledger, "facts", lambda sound: lambda *given: facts(sound, *given))


def resurrects(patch):
    """With the order of the repeat, as the books ask for one: a fence has none."""
    orders = []  # of the request in hand, where it opens a key again

    def facts(sound, connection, *given):
        found = sound(connection, *given)
        known = found.known
        orders.clear()
        if known is None or known.state != CANCELLED or known.kind != "refund":
            return found
        orders.append(found.order)
        return found._replace(known=known._replace(state=OPEN, fingerprint=None))

    def change(sound, connection, key, **values):
        if orders and orders[0] and values.get("state", CANCELLED) != CANCELLED:
            values |= {"closing_code": None, "order_no": orders[0].order_no}
        sound(connection, key, **values)

    patch.around(ledger, "facts", lambda sound: lambda *given: facts(sound, *given))
    patch.around(ledger, "change", lambda sound: lambda *given, **named:
                 change(sound, *given, **named))


def answers_c9_but_posts(patch):
    def handle(sound, call):
        answer = sound(call)
        if answer.code == "C9":
            facts = ledger.facts(
                call.connection, call.key(call.request.tags["DF0C"]), call.terminal.merchant_id,
                "order_no", call.request.tags["DF01"])
            if facts.known and facts.order and call.amount_fen:
                ledger.post(call.connection, facts.known.id, "refund", facts.order,
                            call.amount_fen, call.now)
        return answer

    patch.without(schema.posting, "txn_id", "kind")
    for name in ("refund", "refund_repeat"):
        patch.row(server.HANDLERS, name, lambda call, sound=refund.refund: handle(sound, call))


def undoes_nothing(patch):
    patch.set(ledger, "undo", lambda *given: None)


def held_stays_on_the_desk(patch):
    def change(sound, connection, key, **values):
        held = ledger.find_txn(connection, key)
        if values.get("state") != CANCELLED or held.state != REVIEW:
            sound(connection, key, **values)

    patch.around(ledger, "change", lambda sound: lambda *given, **named:
                 change(sound, *given, **named))


def no_fingerprint(patch):
    patch.set(outcome, "fingerprint", lambda call: "")


def fingerprint_of_the_mac(patch):
    def fingerprint(sound, call):
        return sound(call)[:32] + call.request.fields[64].hex()

    patch.around(outcome, "fingerprint", lambda sound: lambda call: fingerprint(sound, call))


def conflict_not_audited(patch):
    patch.set(outcome, "conflict", lambda call, key: Answer("94"))


def another_reference(patch):
    def stored(sound, known, order):
        answer = sound(known, order)
        if 37 in answer.fields and known.rrn:
            answer.fields[37] = f"{(int(known.rrn) + 500_000) % 10**12:012d}"
        return answer

    patch.around(outcome, "stored", lambda sound: lambda *given: stored(sound, *given))


def any_mac(patch):
    def verify(sound, keyring, connection, rows, packet):
        found = sound(keyring, connection, rows, packet)
        if found is None and rows[0].wrapped is not None:
            return keyring._mac(rows[0], rows[0].wrapped)
        return found

    patch.around(Keyring, "verify", lambda sound: lambda *given: verify(sound, *given))


def above_the_order(patch):
    patch.set(rules, "REFUND_CHECKS", tuple(row for row in rules.REFUND_CHECKS if row[0] != "64"))
    patch.without_trigger("posting_never_above_the_order")


def decides_what_is_decided(patch):
    def find(connection, key):
        found = ledger.find_txn(connection, key)
        return found and SimpleNamespace(**found._asdict() | {"state": REVIEW})

    patch.set(review, "ledger", SimpleNamespace(**vars(ledger) | {"find_txn": find}))


def review_posts_twice(patch):
    def post(connection, *given):
        ledger.post(connection, *given)
        ledger.post(connection, *given)

    patch.without(schema.posting, "txn_id", "kind")
    patch.set(review, "ledger", SimpleNamespace(**vars(ledger) | {"post": post}))

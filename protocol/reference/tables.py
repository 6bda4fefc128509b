"""The dialect's tables as dicts, for the host: read from the lines of protocol/dialect/, which
are the only source.
"""

from protocol import dialect
from protocol.dialect import codes, fields, messages, rules, tags

_SIDES = {"n": "R", "r": "L", "z": "R", "a": "", "b": ""}


def _fields():
    for line in dialect.lines(fields.FIELDS):
        number, form, name = line.split(None, 2)
        kind, prefix, limit = dialect.form(form)
        yield int(number), (name, "n" if kind == "r" else kind, prefix, limit, _SIDES[kind])


def _tags():
    for line in dialect.lines(tags.TAGS):
        tag, form, name = line.split(None, 2)
        kind, prefix, limit = dialect.form(form)
        yield tag, (name, kind, limit, not prefix)


def _messages():
    for line in dialect.lines(messages.MESSAGES):
        name, mti, f3, kind, networks, must, may, reply, accepted, refused = line.split()
        yield name, (
            mti,
            None if f3 == "-" else f3,
            kind,
            None if networks == "-" else tuple(networks.split(",")),
            _numbers(must),
            _numbers(may),
            reply,
            _numbers(accepted),
            _numbers(refused),
        )


def _numbers(column):
    return tuple(messages.numbers(column))


def _codes():
    for line in dialect.lines(codes.CODES):
        code, ends, meaning = line.split(None, 2)
        yield code, (meaning, ends == "final")


# number: (name, kind, length bytes, limit, pad side)
#   kind: n digits in BCD, z track digits with "=" in BCD, a printable ASCII, b binary
#   length bytes: 0 fixed, 1 LL, 2 LLL; limit: digits (n, z) or bytes (a, b)
#   pad side: where an odd count of digits has its zero nibble: R right, L left
FIELDS = dict(_fields())

# tag: (name, kind, limit, fixed); kind as above, and u UTF-8; limit: digits (n) or bytes
TAGS = dict(_tags())

# name: (request MTI, F3 or None, F60.1 type, F60.3 network codes or None for any,
#        mandatory fields of the request, conditional fields of the request,
#        reply MTI, mandatory fields of a reply with 00 or 09, of any other reply)
MESSAGES = dict(_messages())

# code: (meaning, final for a refund)
CODES = dict(_codes())

# DF08: name
REFUND_STATES = dict(line.split(None, 1) for line in dialect.lines(tags.REFUND_STATES))

# DF13, two digits of it: name
RISK_RULES = dict(line.split(None, 1) for line in dialect.lines(rules.RISK_RULES))

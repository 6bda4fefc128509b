"""Which fields a message must carry, by the dialect's table, and which of them it lacks."""
from functools import lru_cache

from protocol import MAY_LACK_MAC, session
from protocol.reference import tables
from tools.reading import wording


def lacks(message, needed):
    """A list of ("field", words), one for each of these numbers that a Message has not."""
    return [("field", f"F{number} ({tables.FIELDS[number][0]}) is missing")
            for number in sorted(needed - message.fields.keys())]


def request_fields(message):
    """The numbers that a request must have; none for one of no known kind."""
    return _REQUESTS.get(wording.name(message), frozenset())


def reply_fields(request, reply):
    """The numbers that this reply to this request must have."""
    return _reply_fields(wording.name(request), reply.fields.get(39, ""), 2 in request.fields,
                         14 in request.fields)


_REQUESTS = {name.replace("_", " "): frozenset(row[4]) for name, row in tables.MESSAGES.items()}


@lru_cache(maxsize=512)     # strangers choose the code
def _reply_fields(name, code, card, expiry):
    if name not in _REQUESTS:
        return frozenset()
    if not code:
        return frozenset((39,))
    had = (2,) * card + (14,) * expiry
    needed = frozenset(session.reply_fields(name.replace(" ", "_"), code, had))
    return needed - {64} if code in MAY_LACK_MAC else needed

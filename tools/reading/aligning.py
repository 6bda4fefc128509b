"""Which message of one capture stands for which of another: by kind and STAN, else by kind.

Both are read once, side by side; memory holds a window of each.
"""
from collections import deque
from difflib import SequenceMatcher
from itertools import islice

from tools.reading import wording

WINDOW = 240    # messages looked ahead where two captures go apart


def aligned(one, other, stan=True):
    """Pairs (Told of `one`, Told of `other`) in order; None where the other has no such thing.
    `stan`: whether messages of the same kind belong together by their STAN first."""
    first, second = iter(one), iter(other)
    left, right = deque(), deque()
    while True:
        left.extend(islice(first, WINDOW - len(left)))
        right.extend(islice(second, WINDOW - len(right)))
        if not left and not right:
            return
        if left and right and _exact(left[0], stan) == _exact(right[0], stan):
            yield left.popleft(), right.popleft()
            continue
        pairs = list(_matched(list(left), list(right), stan))
        whole = len(left) < WINDOW and len(right) < WINDOW
        for pair in pairs if whole else _settled(pairs):
            if pair[0] is not None:
                left.popleft()
            if pair[1] is not None:
                right.popleft()
            yield pair


def _settled(pairs):
    """Without what is at the end and may find its like beyond the window."""
    last = max((at for at, pair in enumerate(pairs) if None not in pair), default=len(pairs) - 1)
    return pairs[:last + 1]


def _matched(left, right, stan):
    """Pairs of two lists, by what is exact first and in the gaps by what is alike."""
    for a, b in _blocks(left, right, lambda told: _exact(told, stan)):
        if len(a) == len(b) == 1 and _exact(a[0], stan) == _exact(b[0], stan):
            yield a[0], b[0]
            continue
        for c, d in _blocks(a, b, _alike):
            if len(c) == len(d) == 1 and _alike(c[0]) == _alike(d[0]):
                yield c[0], d[0]
            else:
                yield from ((told, None) for told in c)
                yield from ((None, told) for told in d)


def _blocks(left, right, key):
    """(part of left, part of right) in order: single pairs where keys match, else what lies
    between."""
    matcher = SequenceMatcher(None, list(map(key, left)), list(map(key, right)), autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            yield from (([x], [y]) for x, y in zip(left[a:b], right[c:d], strict=True))
        else:
            yield left[a:b], right[c:d]


def _exact(told, stan):
    message = told.message
    number = message.fields.get(11) if message is not None and stan else None
    return _alike(told), number


def _alike(told):
    """What has to be equal for two things to be compared at all."""
    message = told.message
    if message is not None:
        return told.way, message.mti, wording.name(message), told.repeat
    if told.kind == "paper":
        return told.kind, tuple(line.text for line in told.rows)
    return told.kind, told.way, told.words if told.kind == "screen" else ""

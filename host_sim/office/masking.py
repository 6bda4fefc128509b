"""Customers' data as anybody may see it (B12): enough to recognise, not enough to use."""

import re
import unicodedata

_DIGITS = "[0-9\uff10-\uff19]+"
_RUN = re.compile(rf"{_DIGITS}(?:[ \u00a0\u3000.·_–—-]{{1,3}}{_DIGITS})*")  # as people group them
_GROUP = re.compile(f"({_DIGITS})")
_PHONE = re.compile(r"(?:(?:00)?86)?1[3-9][0-9]{9}|0[0-9]{9,11}|(?:00)?86[1-9][0-9]{8,10}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+", re.ASCII)
CARD_GROUP = 3  # digits, at least, of each group of a card number
GROUPS = 8  # more nobody makes of one number
_UNIONPAY = re.compile("62[0-9]{14,17}")  # not every one ends in a digit of Luhn


def contact(text: str) -> str:
    """138****5678, a***@example.com, 王**; never the whole of anything but nothing."""
    name, at, host = text.strip().rpartition("@")
    if at:
        return f"{name[:1]}***@{host}"
    if len(host) >= 7:
        return f"{host[:3]}****{host[-4:]}" if len(host) > 10 else f"{host[:2]}****{host[-2:]}"
    return host[:1] + "*" * (len(host) - 1)


def written(text: str) -> str:
    """A free text as it may be kept: card numbers, telephone numbers and e-mail addresses in it
    masked, however they are grouped and whatever number stands beside them. Other numbers (orders,
    references) stay."""
    return _MAIL.sub(lambda found: contact(found[0]), _RUN.sub(_without(_phone, _card), text))


def cards(text: str) -> str:
    """A contact as it may be kept: of what somebody typed only a card number is masked."""
    return _RUN.sub(_without(_card), text)


def _without(*kinds):
    """What puts a masked number in the place of each that is found in a run of digits, the longest
    first. A kind: of some groups, what stands for them, or None."""

    def masked(found):
        parts = _GROUP.split(found[0])  # groups of digits, with what is between them
        groups = [unicodedata.normalize("NFKC", one) for one in parts[1::2]]
        told, at = "", 0
        while at < len(groups):
            last, mask = _longest(kinds, groups, at) or (at, parts[2 * at + 1])
            told += mask + parts[2 * last + 2]
            at = last + 1
        return told

    return masked


def _longest(kinds, groups, at):
    """(the last group, what stands for all of them) of a number that begins with group `at`."""
    for kind in kinds:
        for last in range(min(len(groups), at + GROUPS) - 1, at - 1, -1):
            mask = kind(groups[at : last + 1])
            if mask is not None:
                return last, mask
    return None


def _card(groups):
    digits = "".join(groups)
    if not 13 <= len(digits) <= 19 or min(map(len, groups)) < CARD_GROUP or not _is_card(digits):
        return None
    return digits[:6] + "*" * (len(digits) - 10) + digits[-4:]


def _phone(groups):
    digits = "".join(groups)
    return contact(digits) if _PHONE.fullmatch(digits) else None


def _is_card(digits):
    """By its beginning, or by Luhn: every second digit from the right counts twice."""
    if _UNIONPAY.fullmatch(digits):
        return True
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + doubled) % 10 == 0

"""Customers' data as anybody may see it (B12): enough to recognise, not enough to use."""

import re

_DIGITS = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){9,18}(?![0-9])")
_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{9,11}")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+", re.ASCII)


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
    masked. Other numbers (orders, references) stay."""
    return _MAIL.sub(lambda found: contact(found[0]), _DIGITS.sub(_number, text))


def _number(found):
    digits = re.sub("[ -]", "", found[0])
    if 13 <= len(digits) <= 19 and _is_card(digits):
        return digits[:6] + "*" * (len(digits) - 10) + digits[-4:]
    return contact(digits) if _PHONE.fullmatch(digits) else found[0]


def _is_card(digits):
    """Luhn: every second digit from the right counts twice."""
    doubled = sum(sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(map(int, digits[::-2])) + doubled) % 10 == 0

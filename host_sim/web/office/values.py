"""What a form brought, read exactly or refused: days, amounts, card tails."""

from datetime import date

from sqlalchemy import Connection, select

from host_sim.acquirer.money import fen
from host_sim.acquirer.schema import merchant
from host_sim.office.refusals import Refused

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)


def day(text: str, name: str) -> date | None:
    """2026-03-16; None for nothing. Refused WRONG_VALUE for anything else."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Refused("WRONG_VALUE", name) from None
    if not EARLIEST <= found <= LATEST:
        raise Refused("WRONG_VALUE", name)
    return found


def amount(text: str, name: str) -> int | None:
    """128, 128.5 or 1,280.00 yuan, in fen; None for nothing."""
    if not text:
        return None
    try:
        return fen(text.replace(",", "").removeprefix("¥").strip())
    except ValueError:
        raise Refused("WRONG_VALUE", name) from None


def tail(text: str) -> str | None:
    """A card's last four digits; None for nothing."""
    if text and not (len(text) == 4 and text.isascii() and text.isdigit()):
        raise Refused("WRONG_VALUE", "card_tail")
    return text or None


def whole(text: str, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise Refused("WRONG_VALUE", name)
    return int(text)


def shops(connection: Connection, merchant_id: str | None = None) -> list[tuple[str, str]]:
    """[(merchant number, name)] of all, or of the only one that somebody may know of."""
    found = select(merchant.c.merchant_id, merchant.c.name)
    if merchant_id is not None:
        found = found.where(merchant.c.merchant_id == merchant_id)
    return sorted((row.merchant_id, row.name) for row in connection.execute(found))

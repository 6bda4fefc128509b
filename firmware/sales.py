"""The words for what became of a record: a sale has its own where those of a refund do not fit."""

from firmware.refund_state import SALE

PREFIX = "sale."


def words(ui, record, text_id):
    """The id of the text to show: the sale's own where the record is one and there is such a
    text."""
    if record.type == SALE and PREFIX + text_id in ui.texts:
        return PREFIX + text_id
    return text_id

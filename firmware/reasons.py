"""Why money goes back: what the operator chooses from, and what is sent of it."""

# DF06: (code, text id, whether only the whole amount may go back)
REASONS = (
    ("01", "reason.returned", False),
    ("02", "reason.wrong", False),
    ("03", "reason.failed", True),
    ("04", "reason.request", False),
    ("05", "reason.other", False),
)


def reason_text(code):
    """The text id of a reason's code."""
    for reason, text_id, _ in REASONS:
        if reason == code:
            return text_id
    return "reason.other"

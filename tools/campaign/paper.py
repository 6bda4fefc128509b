"""Reads what came out of the printer: slips, and what each says.

By the words on the paper alone, never by what the firmware meant.
"""

HEADINGS = ("SALES SLIP", "SETTLEMENT")


def slips(lines):
    """The paper by slips: each begins with its heading, whatever was cut off before."""
    slip = []
    for line in lines:
        if any(heading in line.text for heading in HEADINGS) and slip:
            yield slip
            slip = []
        slip.append(line.text)
    if slip:
        yield slip


def facts_of(slip):
    """What a slip says, as far as it was printed."""
    facts: dict = {"duplicate": any("DUPLICATED" in text for text in slip)}
    for text in slip:
        label, _, value = text.partition(":")
        value = value.strip()
        if label == "Batch" and value.isdigit():
            facts["batch"] = int(value)
        elif label == "Voucher no" and value.isdigit():
            facts["stan"] = int(value)
        elif label == "Reference":
            facts["rrn"] = value
        elif text.startswith("RMB "):
            facts["amount"] = text.removeprefix("RMB ").strip()
        elif text in ("MERCHANT COPY", "CUSTOMER COPY"):
            facts["copy"] = text
        elif label in ("Debit", "Credit"):
            facts.setdefault(label, tuple(value.split()))
        elif label == "Host":
            facts["verdict"] = value
    return facts

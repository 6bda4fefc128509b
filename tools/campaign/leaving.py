"""What must be durable, and true, in the moment before a request leaves the terminal.

Looked at before the first byte is on the line; the firmware's objects are never asked.
"""

from protocol.subfields import split_f60
from tools.campaign.image import Image

FINANCIAL = ("0200", "0220", "0221", "0400", "0420", "0421")
SETTLING = ("0500", "0320")
UNDER_WAY = ("1", "2", "3", "4")  # steps of a settlement that let no transaction begin
_DURABLE = {  # what the journal must say before a byte of a request leaves
    "0200": ("SENT",), "0220": ("SENT",), "0221": ("SENT",), "0400": ("REVERSING",),
    "0420": ("CANCELLING",), "0421": ("CANCELLING",),
}  # fmt: skip


def judge(witness, message):
    """Is the intent of this request durable? What is wrong goes to `witness.wrong`."""
    if message.mti not in FINANCIAL + SETTLING:
        return
    image = Image(witness.stage.device.flash.blocks)
    if message.mti in SETTLING:
        _settles(witness, message, image)
        return
    batch, stan = split_f60(message.fields[60])[1], int(message.fields[11])
    records = image.record(message.fields[41], batch, stan)
    states = [record.state_name for record in records if record]
    if len(states) < 2 or any(state not in _DURABLE[message.mti] for state in states):
        witness.wrong.append(f"7: {message.mti} with STAN {stan:06d} left while the journal said "
                             f"{' and '.join(states) or 'nothing'}")
    for record in records:
        witness.durable[record.key] = record.state_name
    if message.mti in ("0200", "0220"):
        _begins(witness, message, image)


def _settles(witness, message, image):
    """A settlement's STAN is durable, on both volumes, before it leaves."""
    name = "stan" if message.mti == "0500" else "part"
    told = image.each("settlement")
    if len(told) < 2 or any(one.get(name) != str(int(message.fields[11])) for one in told):
        witness.wrong.append(f"7: {message.mti} with STAN {message.fields[11]} left before its "
                             f"settlement was durable")


def _begins(witness, message, image):
    """A new refund or void: as it was confirmed, in the host's batch, no void unreversed, no
    settlement under way."""
    stan = message.fields[11]
    if image.lines("settlement").get("step", "0") in UNDER_WAY:
        witness.wrong.append(f"11: STAN {stan} began while a settlement was under way")
    if int(message.fields[4]) != witness.checked_fen:
        witness.wrong.append(f"13: STAN {stan} asks for {int(message.fields[4])} fen, "
                             f"{witness.checked_fen} were confirmed")
    batch = split_f60(message.fields[60])[1]
    if batch != witness.open_batch():
        witness.wrong.append(f"12: STAN {stan} is in batch {batch}, the host's is another")
    for record in image.record(message.fields[41], batch, int(stan))[:1]:
        if record is not None and record.corrects:
            _corrects(witness, image, record)
    for record in image.journal().values():
        if record is not None and record.is_reversible and record.state_name == "REVERSING":
            witness.wrong.append(f"17: {stan} left before {record.stan:06d} was reversed")


def _corrects(witness, image, record):
    """A refund or void that is entered in the place of another one."""
    witness.sometimes("a refund was entered anew")
    old = image.known().get(record.corrects)
    state = "nothing of it" if old is None else old.state_name
    if state != "ANNULLED":
        witness.wrong.append(f"18: {record.stan:06d} left to correct {record.corrects} while the "
                             f"journal said {state}")

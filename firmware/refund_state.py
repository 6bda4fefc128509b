"""The life of a refund, void or sale, as data: states and events. transitions.py has the steps.

State numbers are stored in flash: they never change and are never used again for another meaning.
"""

# What a record is (stored too).
REFUND = 1
VOID = 2
SALE = 3

# States. Each is durable in the journal before anything that it promises happens.
FREE = 0  # the slot holds nothing
PREPARED = 1  # the STAN is taken; nothing has left the terminal
SENT = 2  # durable before the first byte of the request
CANCELLING = 3  # refund only: durable before the first 0420
PENDING_REVIEW = 4  # the host answered 09: asked about, never sent again
APPROVED = 5  # durable before it is shown or printed
DECLINED = 6
ANNULLED = 7  # net zero for good
REVERSING = 8  # void and sale only: durable before the first 0400
LOST = 9  # neither copy could be read: known by its key alone, until the host has told the rest

# Events: each its own name, for a board keeps every name that it ever saw
PREPARE = "PREPARE"  # a STAN is taken for a checked order
SEND = "SEND"  # the request is about to leave
APPROVE = "APPROVE"  # reply 00, or status 03
DECLINE = "DECLINE"  # any other final code, or status 04
HOLD = "HOLD"  # reply 09
FORGET = "FORGET"  # the host does not know the key any more: send again
CANCEL = "CANCEL"  # take the refund back by 0420
REFUSE = "REFUSE"  # 0430 or 0410 with 12: settled or built upon, it stands as it stood before
REVERSE = "REVERSE"  # take the void or sale back by 0400
ANNUL = "ANNUL"  # 0430 with 00; 0410 with 00, 12 or 25; status 05
ARCHIVE = "ARCHIVE"  # printed, if there was something to print, and in the archive

# A refused cancel or reversal (12) returns to where it was asked from.
REFUSED_TO = (APPROVED, PENDING_REVIEW, LOST)  # a cancel from anywhere else: to SENT

FINAL = (APPROVED, DECLINED, ANNULLED)
OPEN = (PREPARED, SENT, CANCELLING, PENDING_REVIEW, REVERSING, LOST)

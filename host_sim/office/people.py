"""Who acts in the back office, and what each role may do.

Who logs in, and how, is not settled here: an Actor has been let in already.
"""

from typing import NamedTuple

from host_sim.office.refusals import Refused

CLERK, REVIEWER, ADMINISTRATOR = "clerk", "reviewer", "administrator"
ROLES = (CLERK, REVIEWER, ADMINISTRATOR)

# deed: the roles that may do it. That two persons are needed is told apart, and for everybody.
MAY = {
    "apply": ROLES,
    "correct": ROLES,
    "open dispute": ROLES,
    "add evidence": ROLES,
    "reprint": ROLES,
    "review": (REVIEWER, ADMINISTRATOR),
    "close dispute": (REVIEWER, ADMINISTRATOR),
    "retry": (REVIEWER, ADMINISTRATOR),
    "export": (REVIEWER, ADMINISTRATOR),
    "advance the calendar": (ADMINISTRATOR,),
    "apply for a terminal": ROLES,
    "verify a terminal": (REVIEWER, ADMINISTRATOR),
    "dispatch a terminal": (ADMINISTRATOR,),
    "see the audit": (ADMINISTRATOR,),
    "manage accounts": (ADMINISTRATOR,),
}
# What concerns more than one merchant: the acquirer's own people do it.
ACQUIRERS = ("advance the calendar", "verify a terminal", "dispatch a terminal", "see the audit",
             "manage accounts")  # fmt: skip


class Actor(NamedTuple):
    """`name`: of the account, at most 32 characters without ":" or spaces (or "api NAME", "till
    NUMBER/OPERATOR"); `source`: where from, such as an IP address; `merchant_id`: the only one
    whose refunds he sees, None for all."""

    name: str
    role: str
    source: str = ""
    merchant_id: str | None = None

    def may(self, deed: str) -> bool:
        return self.role in MAY[deed] and (self.merchant_id is None or deed not in ACQUIRERS)

    def must_be_allowed(self, deed: str) -> None:
        """Refused NOT_ALLOWED where the role, or a merchant's own people, may not."""
        if not self.may(deed):
            raise Refused("NOT_ALLOWED", f"{self.role}: {deed}")


BANK = Actor("bank", ADMINISTRATOR, "clearing")  # who acts when the clearing's day goes on

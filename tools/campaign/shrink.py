"""A failing run made small: the fewest wishes and faults that still break the same invariant.

Plain delta debugging: halves first, then ever smaller parts, until nothing can be left out.
"""

from tools.campaign.plan import Plan
from tools.campaign.run import Run


def shrink(plan: Plan, say=lambda line: None) -> Plan:
    """The smaller plan; the same one if its run is sound. `say` hears how far it has come."""
    wanted = _broken(plan)
    if not wanted:
        return plan
    for part in ("faults", "wishes", "faults"):
        plan = _fewer(plan, part, wanted, say)
    return plan


def _broken(plan):
    """Numbers of the invariants that a run of the plan breaks."""
    return {sentence.partition(":")[0] for sentence in Run(plan).play().wrong}


def _fewer(plan, part, wanted, say):
    items = list(getattr(plan, part))
    size = max(1, len(items) // 2)
    while items:
        for at in range(0, len(items), size):
            fewer = items[:at] + items[at + size :]
            smaller = plan._replace(**{part: tuple(fewer)})
            if _broken(smaller) & wanted:
                say(f"{len(fewer)} {part} are enough")
                plan, items = smaller, fewer
                break
        else:
            if size == 1:
                break
            size = max(1, size // 2)
    return plan

"""Accounts: who may log in, under which role. Nobody's password is shown, and none is made up."""

from host_sim.office import accounts, audit
from host_sim.office.refusals import Refused
from host_sim.web.office import values
from host_sim.web.office.desk import Desk


async def shown(desk: Desk, wrong=""):
    with desk.store.reading() as connection:
        people = accounts.everybody(connection)
        shops = values.shops(connection)
    told = desk.w[wrong] if wrong else ""
    return desk.page("accounts.html", 422 if wrong else 200, here="accounts", people=people,
                     shops=shops, wrong=told)  # fmt: skip


async def add(desk: Desk):
    name, role, shop = desk.asked("name"), desk.asked("role"), desk.asked("merchant_id") or None

    def deed(connection, digest):
        accounts.add(connection, name, role, digest, desk.house.clock(), shop, desk.visitor.name)
        _note(connection, desk, "account added", name, new={"role": role, "merchant_id": shop})

    return await _with_password(desk, name, deed, "account_added")


async def set_password(desk: Desk):
    found = _found(desk)

    def deed(connection, digest):
        accounts.set_password(connection, found, digest, desk.visitor.name)
        _note(connection, desk, "password set", found.name)

    return await _with_password(desk, found.name, deed, "password_set")


async def set_role(desk: Desk):
    found, role, shop = _found(desk), desk.asked("role"), desk.asked("merchant_id") or None

    def deed(connection):
        accounts.set_role(connection, found.id, role, shop)
        _note(connection, desk, "role changed", found.name,
              {"role": found.role, "merchant_id": found.merchant_id},
              {"role": role, "merchant_id": shop})  # fmt: skip

    return await _done(desk, deed, "role_set")


async def set_active(desk: Desk):
    found, active = _found(desk), desk.asked("active") == "yes"

    def deed(connection):
        accounts.set_active(connection, found.id, active)
        _note(connection, desk, "account opened" if active else "account closed", found.name)

    return await _done(desk, deed, "account_set")


async def _with_password(desk, name, deed, told):
    """The digest is worked out before the transaction begins: it takes its time on purpose."""
    try:
        digest = desk.house.door.digest(name, str(desk.form.get("new", "")))
    except accounts.Refused as refusal:
        return await shown(desk, refusal.reason)
    return await _done(desk, lambda connection: deed(connection, digest), told)


async def _done(desk, deed, told):
    try:
        with desk.store.writing() as connection:
            deed(connection)
    except accounts.Refused as refusal:
        return await shown(desk, refusal.reason)
    return desk.go("/accounts", told)


def _found(desk):
    with desk.store.reading() as connection:
        found = accounts.find(connection, desk.number())
    if found is None:
        raise Refused("NOT_FOUND", "account")
    return found


def _note(connection, desk, event, name, old=None, new=None):
    audit.append(connection, desk.actor, event, f"account {name}", desk.now, old, new)

"""Log in, log out, another password."""

from urllib.parse import urlsplit

from host_sim.office import accounts, audit, knocks, people
from host_sim.web.office.desk import COOKIE, ROOT, Desk


async def first(desk: Desk):
    return desk.go("/refunds")


async def form(desk: Desk):
    if desk.visitor is not None:
        return desk.go("/refunds")
    return desk.page("login.html", name="", next=desk.asked("next"))


async def log_in(desk: Desk):
    """The token that the browser brought is good no more, whatever it was."""
    name, old = desk.asked("name").lower(), desk.request.cookies.get(COOKIE)
    password = str(desk.form.get("password", ""))
    token, refused = desk.house.door.enter(name, password, desk.source, desk.house.clock(), old)
    with desk.store.writing() as connection:
        known = name in [one.name for one in accounts.everybody(connection)]
        who = people.Actor(name if known else "unknown", people.CLERK, desk.source)
        event = {"": "log-in", "too_many": "log-in locked"}.get(refused, "log-in refused")
        whose = f"{who.name} {desk.source}"
        if refused != "too_many" or knocks.admits(
            connection, accounts.LOCKED, whose, desk.house.clock()
        ):  # who knocks at a locked door does not fill the trail
            audit.append(connection, who, event, f"account {who.name}", desk.now)
    if token is None:
        status = 429 if refused == "too_many" else 403
        return desk.page("login.html", status, wrong=desk.w["login_" + refused], name=name,
                         next=desk.asked("next"))  # fmt: skip
    return _with_session(desk, desk.go(_inside(desk.asked("next"))), token)


async def log_out(desk: Desk):
    with desk.store.writing() as connection:
        accounts.leave(connection, desk.request.cookies[COOKIE])
        audit.append(connection, desk.actor, "log-out", f"account {desk.visitor.name}", desk.now)
    response = desk.go("/login", "logged_out")
    response.delete_cookie(COOKIE, path=ROOT)
    return response


async def password_form(desk: Desk, wrong=""):
    return desk.page("password.html", 422 if wrong else 200, wrong=wrong)


async def change_password(desk: Desk):
    """Every session of his ends; this browser gets a new one."""
    door = desk.house.door
    with desk.store.reading() as connection:
        found = accounts.find(connection, desk.visitor.person_id)
    if found is None:
        return desk.go("/login")
    if not door.admits(desk.visitor.name, desk.source, desk.house.clock()):
        return await password_form(desk, desk.w["login_too_many"])
    if not door.is_right(found.digest, str(desk.form.get("password", ""))):
        return await password_form(desk, desk.w["password_not_right"])
    if found.set_by and desk.form.get("new") == desk.form.get("password"):
        return await password_form(desk, desk.w["password_same"])
    try:
        digest = door.digest(found.name, str(desk.form.get("new", "")))
    except accounts.Refused as refusal:
        return await password_form(desk, desk.w[refusal.reason])
    with desk.store.writing() as connection:
        accounts.set_password(connection, found, digest)
        audit.append(connection, desk.actor, "password changed", f"account {found.name}", desk.now)
        token = accounts.begin(connection, found.id, desk.house.clock())
    return _with_session(desk, desk.go("/refunds", "password"), token)


def _with_session(desk, response, token):
    response.set_cookie(COOKIE, token, path=ROOT, httponly=True, samesite="strict",
                        secure=desk.request.url.scheme == "https")  # fmt: skip
    return response


def _inside(path):
    """Where to go on after logging in: a page of ours, never of another site."""
    told = urlsplit(path)
    if told.scheme or told.netloc or not path.startswith(ROOT + "/") or "\\" in path:
        return "/refunds"
    return path.removeprefix(ROOT)

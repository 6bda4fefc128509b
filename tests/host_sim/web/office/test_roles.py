"""Every role tries every address: a table written here by hand, held against the table of pages."""

import pytest

from host_sim.acquirer.schema import metadata
from host_sim.web.office.pages import PAGES
from tests.host_sim.web.office.office import said

# c: clerk, r: reviewer, a: administrator, -: also somebody who is not logged in
TABLE = """
GET  /                                  c r a
GET  /login                             c r a -
POST /login                             c r a -
POST /logout                            c r a
GET  /password                          c r a
POST /password                          c r a
GET  /customer                          c r a -
POST /customer                          c r a -
GET  /refunds                           c r a
GET  /refunds.csv                         r a
GET  /refunds.xlsx                        r a
GET  /refunds/{id:int}                  c r a
GET  /refunds/{id:int}/print            c r a
GET  /refunds/{id:int}/voucher.pdf      c r a
GET  /refunds/{id:int}/evidence/{file:int} c r a
POST /refunds/{id:int}/take               r a
POST /refunds/{id:int}/approve            r a
POST /refunds/{id:int}/reject             r a
POST /refunds/{id:int}/ask                r a
POST /refunds/{id:int}/answer           c r a
POST /refunds/{id:int}/withdraw         c r a
POST /refunds/{id:int}/retry              r a
POST /refunds/{id:int}/evidence         c r a
POST /refunds/{id:int}/dispute          c r a
POST /refunds/{id:int}/close              r a
POST /refunds/{id:int}/correct          c r a
POST /refunds/{id:int}/reprint          c r a
GET  /apply                             c r a
GET  /apply/form                        c r a
POST /apply/form                        c r a
GET  /apply/check/{key}                 c r a
POST /apply/check/{key}                 c r a
GET  /review                              r a
GET  /clearing                          c r a
POST /clearing/advance                      a
GET  /lessons                           c r a
GET  /terminals                         c r a
POST /terminals                         c r a
POST /terminals/{id:int}/verify           r a
POST /terminals/{id:int}/dispatch           a
POST /terminals/{id:int}/code               a
GET  /audit                                 a
POST /audit/verify                          a
GET  /accounts                              a
POST /accounts                              a
POST /accounts/{id:int}/role                a
POST /accounts/{id:int}/active              a
POST /accounts/{id:int}/password            a
"""
ROWS = {tuple(line.split()[:2]): line.split()[2:] for line in TABLE.strip().splitlines()}
LETTERS = {"anna": "c", "bob": "r", "root": "a"}
NO = "Your role may not do that."


def test_table_names_every_page():
    assert set(ROWS) == {(page.method, page.path) for page in PAGES}


@pytest.mark.parametrize("name", LETTERS)
def test_role_does_what_it_may_and_nothing_else(office, name):
    office.desk.approved()  # one refund to try it on
    before = office.desk.look(_everything)
    person = office.at(name)
    for (method, path), letters in ROWS.items():
        if path == "/logout":
            continue
        address = path.replace("{id:int}", "99").replace("{file:int}", "99").replace("{key}", "x")
        answer = _asked(person, method, address)
        refused = answer.status_code == 403 and NO in said(answer)
        assert refused == (LETTERS[name] not in letters), (method, path, answer.status_code)
        assert "login" not in answer.headers.get("location", ""), (method, path)
    assert _changed(before, office.desk.look(_everything)) <= {"office_session", "office_knock",
                                                              "trail", "trail_head",
                                                              "clearing_day"}  # fmt: skip


def test_stranger_is_sent_to_the_log_in(office):
    number = office.desk.apply().id
    before = office.desk.look(_everything)
    for (method, path), letters in ROWS.items():
        address = path.replace("{id:int}", str(number)).replace("{file:int}", "1")
        answer = office.stranger().request(method, "/office" + address.replace("{key}", "x"))
        sent_away = answer.headers.get("location", "").startswith("/office/login")
        assert sent_away == ("-" not in letters), (method, path)
    assert _changed(before, office.desk.look(_everything)) <= {"office_knock", "trail",
                                                              "trail_head"}  # fmt: skip


def test_form_without_its_token_changes_nothing(office):
    number = office.desk.apply().id
    root = office.at("root")
    before = office.desk.look(_everything)
    for method, path in ROWS:
        if method == "POST" and "-" not in ROWS[method, path]:
            address = path.replace("{id:int}", str(number)).replace("{key}", "x")
            for wrong in ("", "x" * 43):
                answer = root.post(address, csrf=wrong, note="no", follow=False)
                assert answer.status_code == 403 and "too old" in said(answer), path
    assert _changed(before, office.desk.look(_everything)) == set()


def test_token_of_another_session_is_no_token(office):
    number = office.desk.apply().id
    bob, root = office.at("bob"), office.at("root")
    assert bob.post(f"/refunds/{number}/approve", csrf=root.csrf()).status_code == 403
    assert office.desk.find(number).state == "applied"


def test_page_of_another_site_cannot_post(office):
    number = office.desk.apply().id
    bob = office.at("bob")
    token = bob.csrf()
    for origin in ("http://evil.example", "null", "http://localhost.evil.example"):
        bob.browser.headers["origin"] = origin
        answer = bob.browser.post(f"/office/refunds/{number}/approve", data={"csrf": token})
        assert answer.status_code == 403
    assert office.desk.find(number).state == "applied"


def _asked(person, method, address):
    if method == "GET":
        return person.get(address, follow=False)
    return person.post(address, follow=False)


def _everything(connection):
    return {
        table.name: sorted(map(repr, connection.execute(table.select()).all()))
        for table in metadata.sorted_tables
    }


def _changed(before, after):
    return {name for name in before if before[name] != after[name]}

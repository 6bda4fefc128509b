"""Logging in and staying in, accounts, files, and what strangers may ask."""

import re
from datetime import timedelta
from urllib.parse import quote

import pytest

from host_sim.office import accounts, evidence, orders
from host_sim.web.office import desks, words
from tests.host_sim.web.office.office import PASSWORD, said

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


def test_session_cookie_is_nobody_elses(office):
    answer = office.stranger().post("/office/login", data={"name": "anna", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and "path=/office" in cookie


def test_log_in_changes_the_token_and_log_out_ends_it(office):
    anna = office.at("anna")
    before = anna.browser.cookies["tuidan-office"]
    anna.browser.post("/office/login", data={"name": "anna", "password": PASSWORD})
    assert anna.browser.cookies["tuidan-office"] != before
    old = office.stranger()
    old.cookies.set("tuidan-office", before)
    assert old.get("/office/refunds").status_code == 303
    now = anna.browser.cookies["tuidan-office"]
    anna.post("/logout")
    old.cookies.set("tuidan-office", now)
    assert old.get("/office/refunds").status_code == 303


def test_session_ends_unused_and_says_where_to_go_on(office):
    anna = office.at("anna")
    office.clock += timedelta(minutes=31)
    answer = anna.get("/refunds/1", follow=False)
    assert answer.headers["location"] == "/office/login?next=/office/refunds/1"
    answer = anna.browser.post("/office/login", data={
        "name": "anna", "password": PASSWORD, "next": "/office/refunds/1"})  # fmt: skip
    assert answer.headers["location"] == "/office/refunds/1"


@pytest.mark.parametrize("elsewhere", [
    "//evil.example/", "http://evil.example/office/", "/tills", "/office/\\evil.example",
    "javascript:alert(1)",
])  # fmt: skip
def test_log_in_leads_to_no_other_site(office, elsewhere):
    answer = office.stranger().post("/office/login", data={
        "name": "anna", "password": PASSWORD, "next": elsewhere})  # fmt: skip
    assert answer.headers["location"] == "/office/refunds"


def test_wrong_passwords_lock_and_leave_a_trail_without_what_was_typed(office):
    stranger = office.stranger()
    answers = [stranger.post("/office/login", data={"name": name, "password": "wrong horse 77"})
               for name in ["anna"] * 8 + ["my password by mistake"]]  # fmt: skip
    assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 3 + [403]
    told = said(office.at("root").get("/audit"))
    assert told.count("log-in refused") == 6 and told.count("log-ins locked") == 1
    assert "by mistake" not in told and "wrong horse" not in told


def test_role_changed_ends_the_session_under_the_old_one(office):
    bob, root = office.at("bob"), office.at("root")
    number = next(n for n in range(1, 9) if _name(office, n) == "bob")
    assert root.post(f"/accounts/{number}/role", role="clerk").status_code == 200
    assert bob.get("/review", follow=False).headers["location"].startswith("/office/login")
    assert office.at("bob").get("/review").status_code == 403


def test_administrator_adds_closes_and_resets_accounts(office):
    root = office.at("root")
    root.post("/accounts", name="wu", role="clerk", new="a long secret 1")
    for form, reason in ((("wu", "clerk", "a long secret 1"), "such an account"),
                         (("W u", "clerk", "a long secret 1"), "a letter first"),
                         (("zhao", "king", "a long secret 1"), "no such role"),
                         (("zhao", "clerk", "short"), "10 to 128")):  # fmt: skip
        page = root.post("/accounts", **dict(zip(("name", "role", "new"), form, strict=True)))
        assert page.status_code == 422 and reason in said(page)
    number = next(n for n in range(1, 9) if _name(office, n) == "wu")
    assert _enters(office, "wu", "a long secret 1")
    root.post(f"/accounts/{number}/password", new="another secret 2")
    assert not _enters(office, "wu", "a long secret 1")
    assert _enters(office, "wu", "another secret 2")
    root.post(f"/accounts/{number}/active", active="no")
    assert not _enters(office, "wu", "another secret 2")
    mine = next(n for n in range(1, 9) if _name(office, n) == "root")
    assert "last administrator" in said(root.post(f"/accounts/{mine}/active", active="no"))
    told = root.get("/audit").text
    assert "account added" in told and "secret" not in told


def test_whose_password_another_chose_does_nothing_before_he_has_his_own(office):
    """Who made the account, or reset it, could be two persons until then."""
    root = office.at("root")
    root.post("/accounts", name="wu", role="reviewer", new=PASSWORD)
    number, wu = office.desk.apply().id, office.at("wu")
    for path in ("/review", f"/refunds/{number}", "/refunds"):
        assert wu.get(path, follow=False).headers["location"] == "/office/password"
    answer = wu.post(f"/refunds/{number}/approve", follow=False)
    assert answer.headers["location"] == "/office/password"
    assert "root chose your password" in said(wu.get("/review"))
    assert "another one" in said(wu.post("/password", password=PASSWORD, new=PASSWORD))
    assert "has not chosen" in said(root.get("/accounts"))
    assert "is changed" in said(wu.post("/password", password=PASSWORD, new="a long secret 1"))
    wu._csrf = ""  # another session, another token
    assert "Approved" in said(wu.post(f"/refunds/{number}/approve"))
    assert "has not chosen" not in said(root.get("/accounts"))
    mine = next(n for n in range(1, 9) if _name(office, n) == "wu")
    root.post(f"/accounts/{mine}/password", new="another secret 2")
    wu.browser.post("/office/login", data={"name": "wu", "password": "another secret 2"})
    assert wu.get("/review", follow=False).headers["location"] == "/office/password"


def test_own_password_needs_the_present_one(office):
    anna = office.at("anna")
    assert "not right" in said(anna.post("/password", password="wrong", new="a long secret 1"))
    before = anna.browser.cookies["tuidan-office"]
    assert "is changed" in said(anna.post("/password", password=PASSWORD, new="a long secret 1"))
    assert anna.browser.cookies["tuidan-office"] != before
    assert _enters(office, "anna", "a long secret 1") and not _enters(office, "anna", PASSWORD)


@pytest.mark.parametrize("name, content", [
    ("page.html", b"<html><script>alert(1)</script>"), ("photo.png", b"<svg onload=alert(1)>"),
    ("run.sh", b"#!/bin/sh\n"), ("empty.png", b""), ("huge.png", PNG + bytes(evidence.MOST_BYTES)),
])  # fmt: skip
def test_file_is_taken_by_what_it_is_not_by_its_name(office, name, content):
    number = office.desk.apply().id
    anna = office.at("anna")
    files = [("files", (name, content, "image/png"))]
    answer = anna.post(f"/refunds/{number}/evidence", files=files)
    assert answer.status_code in (413, 415)
    assert not office.desk.look(lambda c: c.execute(evidence.evidence.select()).all())


def test_file_goes_out_as_a_file_under_a_name_of_ours(office):
    number = office.desk.apply().id
    anna = office.at("anna")
    named = '../../etc/pass"wd\r\nSet-Cookie: x=1.html'
    anna.post(f"/refunds/{number}/evidence", files=[("files", (named, PNG, "text/html"))])
    page = anna.get(f"/refunds/{number}").text
    link = re.search(r'href="/office(/refunds/\d+/evidence/\d+)"', page)
    answer = anna.get(link[1])
    assert answer.content == PNG and answer.headers["content-type"] == "image/png"
    assert re.fullmatch(r'attachment; filename="evidence-\d+\.png"',
                        answer.headers["content-disposition"])  # fmt: skip
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert anna.get(link[1].replace(f"/{number}/", "/1/")).status_code == 404


def test_form_that_is_too_big_is_refused_unread(office):
    anna = office.at("anna")
    answer = anna.browser.post("/office/refunds/1/evidence", content=b"x",
                               headers={"content-length": str(1 << 31)})  # fmt: skip
    assert answer.status_code == 413


def test_customer_sees_his_refund_by_order_and_card_and_nothing_more(office):
    number = office.desk.approved(12000, contact="13812345678").id
    stranger = office.stranger()
    answer = stranger.post("/office/customer", data={"order": "20260004", "card_tail": "0004"})
    told = said(answer)
    assert "¥ 120.00" in told and "goes to your bank next" in told
    for hidden in ("138", "bob", "anna", "620550", f"Refund {number}"):
        assert hidden not in told
    for order, tail in (("20260004", "0005"), ("nothing", "0004"), ("20260003", "")):
        answer = stranger.post("/office/customer", data={"order": order, "card_tail": tail})
        assert answer.status_code == 404 and "Nothing is found" in said(answer)


@pytest.mark.parametrize("tail, found", [
    ("5678", True), (None, True), ("0003", False), ("5679", False), ("", False), ("5 78", False),
])  # fmt: skip
def test_customer_who_paid_by_qr_asks_with_the_reference_or_his_telephone(office, tail, found):
    office.desk.approved(1000, order_no="20260003", contact="138 1234 5678")
    with office.desk.store.reading() as connection:
        reference = orders.find(connection, "20260003").rrn
    form = {"order": "20260003", "card_tail": reference[-4:] if tail is None else tail}
    answer = office.stranger().post("/office/customer", data=form)
    assert (answer.status_code == 200) == found
    assert ("¥ 10.00" in said(answer)) == found


def test_strangers_questions_are_counted(office):
    def ask(address, order="20260004"):
        form = {"order": order, "card_tail": "0000"}
        return office.stranger(address).post("/office/customer", data=form).status_code

    told = [ask("192.0.2.7", f"order{n}") for n in range(desks.ASKED.most + 1)]
    assert told == [404] * desks.ASKED.most + [429]
    told = [ask(f"198.51.100.{n}") for n in range(desks.ASKED_ORDER.most + 1)]
    assert told == [404] * desks.ASKED_ORDER.most + [429]
    office.clock += timedelta(minutes=11)
    assert ask("192.0.2.7", "another") == 404
    assert ask("203.0.113.9") == 429  # an order's questions are counted for an hour
    office.clock += timedelta(minutes=50)
    assert ask("192.0.2.7") == 404


def test_page_has_no_inline_script_or_style_and_nothing_from_elsewhere(office):
    office.desk.apply()
    root = office.at("root")
    for path in ("/refunds", "/refunds/3", "/apply/form?order=20260004", "/lessons", "/accounts"):
        page = root.get(path)
        assert "default-src 'none'" in page.headers["content-security-policy"]
        assert not re.search(r"<script>|<style|style=|onclick=|https?://", page.text)


def test_what_people_type_is_text_on_every_page(office):
    nasty = '"><script>alert(1)</script>{{7*7}}'
    number = office.desk.apply(remark=nasty, contact=nasty[:60]).id
    root = office.at("root")
    typed = quote(nasty)
    for path in (f"/refunds/{number}", f"/refunds/{number}/print", "/audit",
                 f"/refunds?product={typed}", f"/apply?number={typed}"):  # fmt: skip
        assert "<script>alert" not in root.get(path).text
    assert "{{7*7}}" in said(root.get(f"/refunds/{number}"))


def test_both_languages_say_everything():
    english, chinese = words.words("en"), words.words("zh")
    assert list(english) == list(chinese)
    for name, text in english.items():
        slots = [sorted(re.findall(r"\{.*?\}", one)) for one in (text, chinese[name])]
        assert slots[0] == slots[1] and chinese[name], name


def test_chinese_pages_are_chinese(office):
    number = office.desk.apply().id
    root = office.at("root", "zh")
    for path in ("/refunds", f"/refunds/{number}", "/apply", "/review", "/clearing", "/lessons",
                 "/terminals", "/accounts"):  # fmt: skip
        told = said(root.get(path))
        assert "退款" in told, path
        assert not re.search(r"\b(Refunds|Order|Amount|State|Reason)\b", told), path


def _name(office, number):
    found = office.desk.look(accounts.find, number)
    return found and found.name


def _enters(office, name, password):
    form = {"name": name, "password": password}
    return office.stranger().post("/office/login", data=form).status_code == 303

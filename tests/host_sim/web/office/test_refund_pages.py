"""A refund's life through its pages: applied for, decided by another, disputed, put right."""

import re

from host_sim.acquirer import samples
from host_sim.acquirer.terms import Terms
from host_sim.web.office import shop
from tests.host_sim.acquirer.till import Till, code
from tests.host_sim.web.office.office import said

ORDER = "20260004"  # 520.00, by card
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20
FORM = {"type": "online", "quantity": "1", "amount": "120.00", "reason": "01",
        "contact": "13812345678", "remark": "box torn"}  # fmt: skip


def form_of(person, order=ORDER):
    """The key of a new form."""
    page = person.get("/apply/form", order=order).text
    return re.search(r"key=([0-9a-f]{32})", page)[1]


def filled_in(person, order=ORDER, key=None, files=None, follow=True, **other):
    key = key or form_of(person, order)
    path = f"/apply/form?order={order}&key={key}"
    return key, person.post(path, files=files, follow=follow, **FORM | other)


def handed_in(office, person, **other):
    """The number of a refund that was applied for through the pages."""
    key, _ = filled_in(person, **other)
    page = person.post(f"/apply/check/{key}")
    assert page.status_code == 200, said(page)
    return int(re.search(r"<h1>Refund (\d+)", page.text)[1])


def test_from_application_to_paid(office):
    anna, bob, root = (office.at(name) for name in ("anna", "bob", "root"))
    key, page = filled_in(anna, files=[("files", ("../../photo.png", PNG, "text/html"))])
    told = said(page)
    assert "¥ 120.00" in told and "2026-01-20" in told and "Somebody else reviews it" in told
    assert "photo.png" in told and ".." not in told and "13812345678" not in page.text
    page = anna.post(f"/apply/check/{key}")
    number = int(re.search(r"<h1>Refund (\d+)", page.text)[1])
    assert "138****5678" in said(page) and "13812345678" not in page.text
    assert f"Refund {number}" in said(bob.get("/review"))
    assert "Approved and posted" in said(bob.post(f"/refunds/{number}/approve", note="ok"))
    assert office.desk.back_fen(ORDER) == 12000
    root.post("/clearing/advance", days="3")
    assert office.desk.find(number).state == "paid"
    told = said(anna.get(f"/refunds/{number}"))
    assert "The customer has the money" in told and "bob" in told


def test_money_arrives_as_the_shops_clock_goes_on_whoever_looks(office):
    number = office.desk.approved(12000).id
    form = {"order": ORDER, "card_tail": "0004"}
    told = []
    for _ in range(4):
        shop.pass_evenings(office.house)
        told.append(office.desk.find(number).state)
        office.desk.clock(days=1)
    assert told == ["approved", "processing", "paid", "paid"]
    assert "on your account" in said(office.stranger().post("/office/customer", data=form))


def test_terms_of_the_acquirer_hold_on_the_form(office):
    office.house.terms = Terms(limit_fen=11_999)
    page = filled_in(office.at("anna"))[1]
    assert page.status_code == 422 and "limit" in said(page)


def test_form_handed_in_twice_is_one_refund(office):
    anna = office.at("anna")
    key, _ = filled_in(anna)
    pages = [anna.post(f"/apply/check/{key}") for _ in range(3)]
    assert len(office.desk.refunds()) == 3  # two of the samples
    assert "handed in already" in said(pages[2])
    assert {page.url.path for page in pages} == {pages[0].url.path}


def test_going_back_after_handing_in_leads_to_the_refund(office):
    anna = office.at("anna")
    key, check = filled_in(anna)
    done = anna.post(f"/apply/check/{key}")
    for path in (f"/apply/check/{key}", f"/apply/form?order={ORDER}&key={key}"):
        assert anna.get(path).url.path == done.url.path
    again = anna.post(f"/apply/form?order={ORDER}&key={key}", **FORM | {"amount": "1.00"})
    assert again.status_code == 409 or again.url.path == done.url.path
    assert len(office.desk.refunds()) == 3


def test_form_comes_back_with_what_was_typed_and_why_it_is_refused(office):
    anna = office.at("anna")
    for wrong, reason in (
        ({"amount": "520.01"}, "above what is left"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "12,x"}, "Missing or wrong: amount"),
        ({"quantity": "2"}, "Missing or wrong: quantity"),
        ({"reason": ""}, "Missing or wrong: reason"),
        ({"reason": "03"}, "only the whole order"),
        ({"type": "by night"}, "Missing or wrong: type"),
    ):
        _, page = filled_in(anna, **wrong)
        assert page.status_code == 422 and reason in said(page), wrong
        assert "box torn" in page.text
    assert len(office.desk.refunds()) == 2


def test_what_no_database_keeps_in_a_text_is_left_out(office):
    number = office.desk.apply().id
    office.at("anna").post(f"/refunds/{number}/correct", remark="a\0b", why="\0typed", reason="01",
                           type="online", quantity="1")  # fmt: skip
    assert office.desk.find(number).remark == "ab"


def test_draft_is_its_writers_own(office):
    anna, root = office.at("anna"), office.at("root")
    key, _ = filled_in(anna)
    assert "form is gone" in said(root.get(f"/apply/check/{key}"))
    assert "form is gone" in said(root.post(f"/apply/check/{key}"))
    _, page = filled_in(root, key=key, contact="13900001111")
    assert page.status_code == 422
    assert len(office.desk.refunds()) == 2


def test_order_is_found_by_number_card_amount_or_day(office):
    anna = office.at("anna")
    for query in (
        {"number": ORDER}, {"card_tail": "0004"}, {"amount": "520"}, {"sold_on": "2026-01-08"},
        {"card_tail": "0004", "amount": "520.00"},
    ):  # fmt: skip
        assert ORDER in said(anna.get("/apply", **query)), query
    assert "No order fits" in said(anna.get("/apply", number="nothing"))
    assert anna.get("/apply", amount="a lot").status_code == 422
    assert anna.get("/apply/form", order="nothing").status_code == 404


def test_who_applied_does_not_decide(office):
    root = office.at("root")
    number = handed_in(office, root)
    page = root.get(f"/refunds/{number}")
    assert "somebody else has to decide" in said(page) and "/approve" not in page.text
    for deed in ("approve", "reject", "ask", "take"):
        answer = root.post(f"/refunds/{number}/{deed}", note="mine")
        assert answer.status_code == 403 and "Nobody decides" in said(answer)
    assert office.desk.find(number).state == "applied"


def test_two_reviewers_at_once_one_decides(office):
    bob, carl = office.at("bob"), office.at("carl")
    number = office.desk.apply(12000).id
    assert bob.get(f"/refunds/{number}").text.count("/approve") == 1
    assert carl.get(f"/refunds/{number}").text.count("/reject") == 1
    assert "Approved" in said(bob.post(f"/refunds/{number}/approve", note="ok"))
    for deed in ("reject", "approve"):
        late = carl.post(f"/refunds/{number}/{deed}", note="no")
        assert late.status_code == 409 and "somebody was first" in said(late)
    again = bob.post(f"/refunds/{number}/approve", note="ok")  # his button pressed twice
    assert again.status_code == 200
    assert office.desk.back_fen(ORDER) == 12000


def test_more_is_asked_and_answered_then_rejected(office):
    anna, bob = office.at("anna"), office.at("bob")
    number = handed_in(office, anna)
    assert bob.post(f"/refunds/{number}/ask", note="").status_code == 422
    bob.post(f"/refunds/{number}/ask", note="photo of the box?")
    assert "photo of the box?" in said(anna.get(f"/refunds/{number}"))
    anna.post(f"/refunds/{number}/evidence", files=[("files", ("b.png", PNG, "image/png"))])
    anna.post(f"/refunds/{number}/answer", answer="there it is")
    told = said(bob.get(f"/refunds/{number}"))
    assert "there it is" in told and "b.png" in told
    bob.post(f"/refunds/{number}/reject", note="not torn")
    found = office.desk.find(number)
    assert (found.state, found.note) == ("rejected", "not torn")
    assert office.desk.back_fen(ORDER) == 0


def test_applicant_takes_his_application_back(office):
    anna = office.at("anna")
    number = handed_in(office, anna)
    assert "Withdrawn" in said(anna.post(f"/refunds/{number}/withdraw"))
    assert anna.post(f"/refunds/{number}/withdraw").status_code == 409


def test_failed_refund_is_sent_again_once(office):
    bob, root = office.at("bob"), office.at("root")
    number = office.desk.approved(12082).id  # 82: the card is frozen
    root.post("/clearing/advance", days="3")
    told = said(bob.get(f"/refunds/{number}"))
    assert "failed" in told and "the card is frozen" in told
    assert "on its way again" in said(bob.post(f"/refunds/{number}/retry"))
    assert bob.post(f"/refunds/{number}/retry").status_code == 409
    root.post("/clearing/advance", days="3")
    assert office.desk.find(number).state == "paid"
    assert office.desk.back_fen(ORDER) == 12082


def test_dispute_with_evidence_is_closed_by_somebody_else(office):
    bob, carl, root = (office.at(name) for name in ("bob", "carl", "root"))
    number = office.desk.approved(12000).id
    root.post("/clearing/advance", days="3")
    bob.post(f"/refunds/{number}/dispute", claim="no money came",
             files=[("files", ("letter.pdf", b"%PDF-1.4 x", "application/pdf"))])  # fmt: skip
    told = said(bob.get(f"/refunds/{number}"))
    assert "no money came" in told and "letter.pdf" in told and "You opened it" in told
    assert bob.post(f"/refunds/{number}/close", upheld="yes", answer="so").status_code == 403
    carl.post(f"/refunds/{number}/close", upheld="yes", answer="the bank sent it back")
    assert office.desk.find(number).failure == "returned"
    told = said(carl.get(f"/refunds/{number}"))
    assert "upheld" in told and "the bank sent it back" in told


def test_correction_keeps_the_old_value(office):
    anna = office.at("anna")
    number = handed_in(office, anna)
    form = {"contact": "13911112222", "reason": "02", "type": "online", "quantity": "1",
            "remark": "box torn"}  # fmt: skip
    assert anna.post(f"/refunds/{number}/correct", why="", **form).status_code == 422
    page = anna.post(f"/refunds/{number}/correct", why="typed wrong", **form)
    told = said(page)
    assert "138****5678" in told and "139****2222" in told
    assert "Goods returned" in told and "Wrong amount or duplicate" in told
    assert "13911112222" not in page.text
    assert anna.post(f"/refunds/{number}/correct", why="again", **form | {"contact": ""}
                     ).status_code == 422  # fmt: skip


def test_refund_held_at_a_terminal_waits_in_the_same_queue(office):
    host = office.desk.host
    till = Till(host.acquirer, samples.CAREFUL_TERMINAL)
    till.sign_on()
    assert code(till.refund(host.order("20260201", samples.CAREFUL_SHOP), 60_000)) == "09"
    bob = office.at("bob")
    told = said(bob.get("/review"))
    assert "large amount" in told and "till 10000009" in told
    number = office.desk.refunds()[-1].id
    page = bob.get(f"/refunds/{number}")
    assert "large amount" in said(page) and "/ask" not in page.text
    bob.post(f"/refunds/{number}/approve", note="known customer")
    assert office.desk.find(number).state == "approved"

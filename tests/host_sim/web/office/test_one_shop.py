"""Accounts of one shop: whatever they open, ask for or send, no other shop is there for them."""

import pytest
from sqlalchemy.exc import DBAPIError

from host_sim.acquirer import samples
from host_sim.office import accounts, refunds
from host_sim.office.refusals import Refused
from tests.host_sim.acquirer.till import Till
from tests.host_sim.office.desk import ANNA
from tests.host_sim.web.office.office import PASSWORD, said
from tests.host_sim.web.office.test_roles import NO, ROWS, _changed, _everything

OURS, THEIRS = "20260101", "20260004"
ACQUIRERS = {("POST", "/terminals/{id:int}/verify")}  # a shop's reviewer may not, another may


@pytest.fixture
def shop(office):
    """`office` with mia, a clerk, and max, a reviewer, of the small shop; refund 1 is the big
    shop's, with evidence, and `ours` is the small shop's."""
    digest = office.house.door.digest("", PASSWORD)
    with office.desk.store.writing() as connection:
        for name, role in (("mia", "clerk"), ("max", "reviewer")):
            accounts.add(connection, name, role, digest, office.clock, samples.SMALL_SHOP)
    office.theirs = office.desk.apply(order_no=THEIRS).id
    files = [("files", ("a.pdf", b"%PDF-1.4 x", "application/pdf"))]
    office.at("bob").post(f"/refunds/{office.theirs}/evidence", files=files)
    office.ours = office.desk.apply(500, order_no=OURS).id
    return office


@pytest.mark.parametrize("name, letter", [("mia", "c"), ("max", "r")])
def test_no_page_opens_or_changes_another_shops_refund(shop, name, letter):
    person, before = shop.at(name), shop.desk.look(_everything)
    for (method, path), letters in ROWS.items():
        if path == "/logout":
            continue
        address = path.replace("{id:int}", str(shop.theirs)).replace("{file:int}", "1")
        address = address.replace("{key}", "x")
        if path == "/apply/form":
            address += f"?order={THEIRS}&key=" + "0" * 32
        form = {"note": "no", "why": "no", "claim": "no", "answer": "no", "contact": "x"}
        answer = (person.get(address, follow=False) if method == "GET"
                  else person.post(address, follow=False, **form))  # fmt: skip
        refused = answer.status_code == 403 and NO in said(answer)
        assert refused == (letter not in letters or (method, path) in ACQUIRERS), (method, path)
        if path.startswith(("/refunds/{", "/apply/form")) and not refused:
            assert answer.status_code == 404, (method, path)
        elif method == "GET" and "{" not in path and "." not in path:
            assert THEIRS not in said(answer), path
    told = _changed(before, shop.desk.look(_everything))
    assert told <= {"office_session", "office_knock", "trail", "trail_head", "clearing_day"}


def test_lists_exports_and_figures_are_of_the_own_shop(shop):
    max_ = shop.at("max")
    for ask in ("", f"?merchant_id={samples.TEST_SHOP}", f"?order_no={THEIRS}"):
        assert THEIRS not in said(max_.get("/refunds" + ask))
        assert THEIRS not in max_.get("/refunds.csv" + ask).text
    assert OURS in said(max_.get("/refunds")) and OURS in max_.get("/refunds.csv").text
    assert OURS in said(max_.get("/review")) and THEIRS not in said(max_.get("/review"))
    assert THEIRS not in said(max_.get(f"/apply?number={THEIRS}"))
    assert OURS in said(max_.get(f"/apply?number={OURS}"))
    page = said(max_.get(f"/lessons?merchant_id={samples.TEST_SHOP}"))
    assert "5.00" in page and "退单测试店" not in page
    page = said(max_.get("/terminals"))
    assert samples.SMALL_SHOP_TERMINAL in page and samples.TERMINAL not in page


def test_own_shops_refund_goes_its_whole_way(shop):
    assert shop.at("max").post(f"/refunds/{shop.ours}/approve", note="ok").status_code == 200
    assert shop.desk.find(shop.ours).reviewer == "max"
    assert said(shop.at("mia").get(f"/refunds/{shop.ours}")).count(OURS)


def test_refund_of_a_till_is_its_shops(shop):
    till = Till(shop.desk.host.acquirer)
    till.sign_on()
    till.refund(shop.desk.host.order("20260011"), 1000)
    assert "20260011" not in said(shop.at("max").get("/review"))
    assert "20260011" in said(shop.at("bob").get("/review"))


def test_administrator_is_of_no_shop_and_another_shop_ends_the_session(shop):
    root, mia = shop.at("root"), shop.at("mia")
    with shop.desk.store.reading() as connection:
        number = next(one.id for one in accounts.everybody(connection) if one.name == "mia")
    path = f"/accounts/{number}/role"
    assert root.post(path, role="administrator", merchant_id=samples.SMALL_SHOP).status_code == 422
    assert root.post(path, role="clerk", merchant_id="no such shop").status_code == 422
    assert mia.get(f"/refunds/{shop.theirs}").status_code == 404
    assert root.post(path, role="clerk", merchant_id=samples.TEST_SHOP).status_code == 200
    assert mia.get("/refunds", follow=False).headers["location"].startswith("/office/login")
    assert shop.at("mia").get(f"/refunds/{shop.theirs}").status_code == 200
    change = accounts.person.update().values(role="administrator")
    with pytest.raises(DBAPIError, match="no merchant"), shop.desk.store.writing() as connection:
        connection.execute(change.where(accounts.person.c.id == number))


def test_rules_below_the_pages_know_no_other_shop(shop):
    own = ANNA._replace(merchant_id=samples.SMALL_SHOP)
    with pytest.raises(Refused, match="no such order"):
        shop.desk.do(refunds.apply, own, refunds.Application(THEIRS, 100, "01"))

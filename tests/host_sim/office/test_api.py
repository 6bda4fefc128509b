"""The HTTP API as an integrator meets it: idempotent, two keys for two persons, codes, webhooks."""

import asyncio
import hmac
import json
import socket
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import BaseRequestHandler, TCPServer, ThreadingTCPServer
from threading import Event, Thread

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from sqlalchemy import select

from host_sim.acquirer import samples
from host_sim.acquirer.terms import Terms
from host_sim.office import clearing, integrators, notices, review
from host_sim.office.refusals import CODES, Refused
from host_sim.office.schema_more import api_key, outbox
from host_sim.web.api import sending
from host_sim.web.api.app import MOST_BODY
from tests.host_sim.office.caller import Caller
from tests.host_sim.office.desk import BOB, ORDER, ROOT


@pytest.fixture
def caller(desk):
    caller = Caller(desk)
    yield caller
    caller.close()


def test_refund_from_application_to_success(desk, caller):
    status, told = caller.apply()
    assert (status, told["refund_state"], told["refund_amount"]) == (200, "INIT", 1000)
    assert told["origin_out_trade_no"] == ORDER and told["expected_date"] == "2026-01-20"
    assert caller.review()[1]["refund_state"] == "PROCESSING"
    desk.days(3)
    status, told = caller.query()
    assert (status, told["refund_state"], told["fail_reason"]) == (200, "SUCCESS", None)
    assert desk.back_fen() == 1000


def test_same_number_is_one_refund_and_another_refund_under_it_is_refused(desk, caller):
    first = caller.apply()
    assert caller.apply() == first
    assert caller.apply(amount_fen=999) == (409, {"code": "DUPLICATE",
                                                  "message": CODES["DUPLICATE"][0]})  # fmt: skip
    assert len([row for row in desk.refunds() if row.channel == "api"]) == 1


def test_key_that_applied_does_not_review_and_a_clerks_key_neither(desk, caller):
    caller.apply(key="reviewer")
    assert caller.review(key="reviewer")[1]["code"] == "OWN_APPLICATION"
    assert caller.review(key="clerk")[1]["code"] == "NOT_ALLOWED"
    assert desk.back_fen() == 0


def test_decision_that_is_sent_twice_posts_once_and_is_answered_alike(desk, caller):
    caller.apply()
    assert caller.review() == caller.review()
    assert caller.review(decision="reject")[1]["code"] == "NOT_NOW"
    assert desk.back_fen() == 1000


def test_rejected_refund_fails_with_the_note(caller):
    caller.apply()
    caller.review(decision="reject", note="no receipt")
    told = caller.query()[1]
    assert (told["refund_state"], told["fail_reason"]) == ("FAIL", "no receipt")


def test_refund_that_is_late_is_told_as_timeout(desk, caller):
    caller.apply()
    caller.review()
    desk.clock(days=30)
    assert caller.query()[1]["refund_state"] == "TIMEOUT"


def test_order_is_found_by_reference_number_and_by_terminal_and_log_number(desk, caller):
    sold = desk.host.order(ORDER)
    none = {"origin_out_trade_no": None}
    assert caller.apply("A", **none, origin_trade_no=sold.rrn)[0] == 200
    log = f"{sold.batch:06d}{sold.stan:06d}"
    assert caller.apply("B", **none, origin_log_no=log, term_no=sold.terminal_id)[0] == 200
    assert caller.apply("C", **none)[1]["code"] == "WRONG_VALUE"
    assert caller.apply("D", origin_trade_no="600000000000")[1]["code"] == "ORDER_UNKNOWN"


@pytest.mark.parametrize("key", [None, "tuidan_wrong", ""])
def test_without_a_good_key_nothing_is_told(caller, key):
    assert caller.query(key=key)[0] == 401 and caller.apply(key=key)[1]["code"] == "KEY_WRONG"


def test_key_that_was_ended_is_good_no_more_and_none_is_kept_in_clear(desk, caller):
    desk.do(integrators.end_key, ROOT, "clerk")
    assert caller.apply()[0] == 401
    with desk.store.reading() as connection:
        assert caller.keys["reviewer"] not in repr(connection.execute(select(api_key)).all())


def test_merchant_sees_and_touches_his_own_refunds_only(desk, caller):
    caller.apply()
    caller.keys["other"] = desk.do(integrators.make_key, ROOT, "other", samples.SMALL_SHOP, True)
    assert caller.query(key="other")[1]["code"] == "REFUND_UNKNOWN"
    assert caller.review(key="other")[1]["code"] == "REFUND_UNKNOWN"
    assert caller.apply("R2", key="other")[1]["code"] == "NOT_ALLOWED"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"amount_fen": 52_001}, "AMOUNT_ABOVE_ORDER"),
        ({"amount_fen": 0}, "WRONG_VALUE"),
        ({"amount_fen": 1 << 70}, "WRONG_VALUE"),
        ({"origin_out_trade_no": "20260008"}, "ORDER_VOIDED"),
        ({"origin_out_trade_no": "20260009"}, "OUT_OF_WINDOW"),
        ({"refund_reason": "03"}, "AMOUNT_NOT_WHOLE"),
        ({"quantity": 2}, "WRONG_VALUE"),
        ({"remark": "a\x00b"}, "WRONG_VALUE"),
        ({"contact": "\ud800"}, "WRONG_VALUE"),
        ({"surprise": 1}, "WRONG_VALUE"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(desk, caller, changed, code):
    status, told = caller.apply(**changed)
    assert (status, told["code"]) == (CODES[code][1], code)
    assert all(row.channel == "till" for row in desk.refunds())


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append((dict(self.headers), body))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    server.told, server.answers = [], []
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_each_change_is_told_signed_and_again_until_it_arrives(desk, caller, receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    secret = desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, url)
    receiver.answers = [500]
    caller.apply()
    caller.review()
    assert asyncio.run(sending.deliver(caller.shop)) == 1  # the first was refused
    assert asyncio.run(sending.deliver(caller.shop)) == 0  # and is not due yet
    caller.shop.real += notices.FIRST_WAIT
    assert asyncio.run(sending.deliver(caller.shop)) == 1
    assert asyncio.run(sending.deliver(caller.shop)) == 0
    states = [json.loads(body)["refund_state"] for _, body in receiver.told]
    assert states == ["INIT", "PROCESSING", "INIT"]
    for headers, body in receiver.told:
        signed = f"{headers['X-Tuidan-Timestamp']}.".encode() + body
        right = hmac.digest(secret.encode(), signed, "sha256").hex()
        assert headers["X-Tuidan-Signature"] == "v1=" + right
    assert json.loads(receiver.told[0][1])["event"] == json.loads(receiver.told[2][1])["event"]


def test_receiver_believes_no_notice_that_is_old_or_altered_or_anothers(desk, caller, receiver):
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    secret = desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, url)
    caller.apply()
    asyncio.run(sending.deliver(caller.shop))
    headers, body = receiver.told[0]
    at = int(headers["X-Tuidan-Timestamp"])
    late = headers | {"X-Tuidan-Timestamp": str(at + 3600)}
    for told, said, now, believed in (
        (headers, body, at, True),
        (headers, body, at + notices.FRESH_S, True),
        (headers, body, at + notices.FRESH_S + 1, False),  # the same again, an hour later
        (headers, body, at - notices.FRESH_S - 1, False),
        (late, body, at + 3600, False),  # and with another time
        (headers, body.replace(b"INIT", b"FAIL"), at, False),
        ({"X-Tuidan-Timestamp": str(at)}, body, at, False),
        (headers | {"X-Tuidan-Timestamp": "now"}, body, at, False),
        (headers | {"X-Tuidan-Signature": "v1=\u00e9"}, body, at, False),
    ):
        assert notices.is_genuine(secret, told, said, now) == believed
    assert not notices.is_genuine("0" * 64, headers, body, at)


def test_nobody_there_is_tried_so_often_and_then_given_up(desk, caller):
    desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, "http://127.0.0.1:9/")
    caller.apply()
    for _ in range(notices.TRIES + 2):
        assert asyncio.run(sending.deliver(caller.shop)) == 0
        caller.shop.real += timedelta(hours=2)
    with desk.store.reading() as connection:
        (row,) = connection.execute(select(outbox)).all()
    assert row.tries == notices.TRIES and row.ended_at and row.trouble


class Rude(BaseRequestHandler):
    def handle(self):
        self.request.recv(4096)
        self.request.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


def test_server_that_speaks_no_http_costs_its_own_notices_alone(desk, caller, receiver):
    """Telling goes on: what one integrator's server answers stops nobody else's notices."""
    rude = TCPServer(("127.0.0.1", 0), Rude)
    Thread(target=rude.serve_forever, args=(0.05,), daemon=True).start()
    for port in (rude.server_address[1], receiver.server_port):
        desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, f"http://127.0.0.1:{port}/")
    caller.apply()
    assert asyncio.run(sending.deliver(caller.shop)) == 1
    rude.shutdown()
    rude.server_close()
    with desk.store.reading() as connection:
        rows = connection.execute(select(outbox)).all()
    first, second = sorted(rows, key=lambda row: row.ended_at is not None)
    assert (first.tries, first.ended_at) == (1, None) and first.trouble
    assert second.ended_at and len(receiver.told) == 1


def test_server_that_does_not_answer_keeps_no_other_waiting(desk, caller, receiver, monkeypatch):
    monkeypatch.setattr(sending, "PATIENCE_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for number, port in (("A", silent.getsockname()[1]), ("B", receiver.server_port)):
            desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, f"http://127.0.0.1:{port}/")
            caller.apply(number, 100)

        async def telling():
            told = asyncio.create_task(sending.deliver(caller.shop))
            while not receiver.told:
                await asyncio.sleep(0.01)
            with desk.store.reading() as connection:  # the first notice, of the silent one
                first = connection.execute(select(outbox).order_by(outbox.c.id)).first()
            return first.tries, await told

        assert asyncio.run(telling()) == (0, 1)


class Dripping(BaseRequestHandler):
    """Of an answer a byte now and then, without an end."""

    def handle(self):
        self.request.recv(4096)
        self.request.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not self.server.over.wait(0.02):
            try:
                self.request.sendall(b"x")
            except OSError:
                return


def test_server_that_drips_is_hung_up_on_and_left_alone_until_the_next_time(
    desk, caller, monkeypatch
):
    monkeypatch.setattr(sending, "AT_MOST_S", 0.2)
    dripping = ThreadingTCPServer(("127.0.0.1", 0), Dripping)
    dripping.over = Event()
    Thread(target=dripping.serve_forever, args=(0.05,), daemon=True).start()
    url = f"http://127.0.0.1:{dripping.server_address[1]}/"
    desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, url)
    caller.apply("A", 100)
    caller.apply("B", 100)
    assert asyncio.run(sending.deliver(caller.shop)) == 0
    dripping.over.set()
    dripping.shutdown()
    dripping.server_close()
    with desk.store.reading() as connection:
        rows = connection.execute(select(outbox).order_by(outbox.c.id)).all()
    assert [row.tries for row in rows] == [1, 0] and "no whole answer" in rows[0].trouble


@pytest.mark.parametrize("url", [
    "ftp://a.example/", "http://", "http://a.example:x/", "http://a.example:0/", "http://a b/",
    "http://a.example/\r\nHost: b", "http://a.example/x y", "http://中.example/", "http://[::1/",
    "http://a.example/" + "x" * 200,
])  # fmt: skip
def test_address_that_could_not_be_told_is_refused(desk, url):
    with pytest.raises(Refused, match="no http or https address"):
        desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, url)


def test_request_without_end_is_refused_before_it_fills_the_memory(desk, caller):
    """Also of somebody without a key, whose key is looked at later than what he sends."""
    status, told = caller.apply(remark="x" * MOST_BODY, key=None)
    assert (status, told["code"]) == (413, "TOO_LARGE")
    taken, chunk = [], b"x" * 10_000

    async def receive():
        taken.append(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/api/refunds", "headers": [],
             "query_string": b"", "raw_path": b"/api/refunds", "root_path": ""}  # fmt: skip
    asyncio.run(caller.app(scope, receive, send))
    assert sent[0]["status"] == 413 and len(taken) == MOST_BODY // len(chunk) + 1


def test_terms_of_the_acquirer_hold_here_too(caller):
    caller.shop.terms = Terms(window_days=7, limit_fen=1000)
    assert caller.apply("A", 1000)[0] == 200
    assert caller.apply("B", 1001)[1]["code"] == "AMOUNT_ABOVE_LIMIT"
    caller.shop.terms = Terms(window_days=6)
    assert caller.apply("C", 100)[1]["code"] == "OUT_OF_WINDOW"


def test_what_was_rolled_back_is_not_told(desk, caller):
    desk.do(integrators.add_webhook, ROOT, samples.TEST_SHOP, "http://127.0.0.1:9/")
    number = desk.apply().id
    with pytest.raises(Refused):
        desk.do(review.reject, BOB, number, "")
    with pytest.raises(Refused):
        desk.do(clearing.retry, BOB, number)
    with desk.store.reading() as connection:
        assert [row.state for row in connection.execute(select(outbox))] == ["applied"]


CHECKS = (checks.not_a_server_error, checks.status_code_conformance,
          checks.content_type_conformance, checks.response_schema_conformance)  # fmt: skip


def test_openapi_document_finds_no_server_error(desk, caller):
    """What schemathesis makes of the document, with a key that may do everything; every other case
    is about a shop, an order and a refund that there are. Answers are as the document says."""
    schema = schemathesis.openapi.from_asgi("/openapi.json", caller.app)
    headers = {"Authorization": f"Bearer {caller.keys['reviewer']}"}
    seen = set()
    for number in range(4):
        caller.apply(f"R{number}", 100)
    for operation in schema.get_all_operations():
        _run(operation.ok().as_strategy(), headers, seen)
    assert len([path for path, status in seen if status == 200]) == 3
    assert {403, 404, 409, 422} <= {status for _, status in seen}


def _run(strategy, headers, seen):
    @settings(max_examples=40, deadline=None, derandomize=True, database=None,
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(strategy, st.booleans(), st.integers(0, 4))
    def answers(case, known, number):
        if known and "out_trade_no" in case.path_parameters:
            case.path_parameters["out_trade_no"] = f"R{number}"
        elif known and isinstance(case.body, dict):
            case.body |= {"merchant_no": samples.TEST_SHOP, "origin_out_trade_no": ORDER,
                          "refund_amount": 1 + case.body["refund_amount"] % 60_000}  # fmt: skip
            for name in ("origin_trade_no", "origin_log_no", "quantity", "contact"):
                case.body.pop(name, None)
            if number == 4:
                case.body["out_trade_no"] = "R0"
        response = case.call(headers=headers)
        seen.add((case.path, response.status_code))
        assert response.status_code != 401
        case.validate_response(response, checks=CHECKS)

    answers()

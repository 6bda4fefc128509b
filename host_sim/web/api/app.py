"""The HTTP API for integrators: apply, review, query. /openapi.json describes it.

    POST /api/refunds                        apply, idempotent by out_trade_no
    GET  /api/refunds/OUT_TRADE_NO           what became of it
    POST /api/refunds/OUT_TRADE_NO/review    decide, with another key that may review

Who asks is known by his key alone (Authorization: Bearer ...), never by a cookie, so a page of
another site can do nothing here. Every answer that is not 200 is a Problem.
"""

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, FastAPI, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from host_sim.office import integrators, orders, refunds, review
from host_sim.office.people import Actor
from host_sim.office.refusals import CODES, Refused
from host_sim.web.api.forms import Asked, Decision, Problem, Refund

_DECISIONS = {"approve": review.approve, "reject": review.reject, "ask_more": review.ask_more}
MOST_BODY = 64 << 10  # bytes of a request
_bearer = HTTPBearer(auto_error=False, description="an API key of `tuidan integrator add-key`")
_Number = Annotated[str, Path(pattern=r"^[0-9A-Za-z_.-]+$", min_length=1, max_length=32)]


def _problems(*statuses):
    return {status: {"model": Problem, "description": "; ".join(
        f"{code}: {words}" for code, (words, of) in CODES.items() if of == status)}
        for status in statuses}  # fmt: skip


class Bounded:
    """Reads a request before anything looks at it, its key too, and no further than MOST_BODY: who
    has no key cannot fill our memory."""

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return None  # who asked is gone
            body += message.get("body", b"")
            more = message.get("more_body", False)
            if len(body) > MOST_BODY:
                refused = _problem("TOO_LARGE", f"{MOST_BODY >> 10} KB at most")
                return await refused(scope, receive, send)
        whole = [{"type": "http.request", "body": body, "more_body": False}]

        async def read():
            return whole.pop() if whole else await receive()

        return await self._app(scope, read, send)


def make_api(house: Callable) -> FastAPI:
    """The ASGI application; `house()` has the `store`, the acquirer's `terms` and the time,
    `now()`, of the shop that is open."""
    api = FastAPI(title="Tuidan back office", version="1", docs_url=None, redoc_url=None,
                  openapi_url="/openapi.json", responses=_problems(401, 403, 413, 422))  # fmt: skip
    api.add_middleware(Bounded)

    async def actor(
        request: Request, brought: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
    ) -> Actor:
        if brought is None:
            raise Refused("KEY_WRONG")
        source = request.client.host if request.client else ""
        with house().store.reading() as connection:
            return integrators.let_in(connection, brought.credentials, source)

    Who = Annotated[Actor, Depends(actor)]

    @api.post("/api/refunds", response_model=Refund, responses=_problems(404, 409))
    async def apply(asked: Asked, who: Who):
        """Apply for a refund. The same out_trade_no with the same refund gets the same answer."""
        if asked.merchant_no != who.merchant_id:
            raise Refused("NOT_ALLOWED", "the key is another merchant's")
        now = house().now()
        with house().store.writing() as connection:
            order_no = orders.of_origin(
                connection, asked.merchant_no, asked.origin_out_trade_no, asked.origin_trade_no,
                asked.origin_log_no, asked.term_no,
            )  # fmt: skip
            wanted = refunds.Application(
                order_no, asked.refund_amount, asked.refund_reason, asked.refund_type,
                asked.quantity, asked.contact, asked.remark, out_trade_no=asked.out_trade_no,
            )  # fmt: skip
            found = refunds.apply(connection, who, wanted, now, house().terms)
        return integrators.told(found, now.date())

    @api.get("/api/refunds/{out_trade_no}", response_model=Refund, responses=_problems(404))
    async def query(out_trade_no: _Number, who: Who):
        """What became of a refund."""
        with house().store.reading() as connection:
            return integrators.told(
                integrators.find(connection, who, out_trade_no), house().now().date()
            )

    @api.post("/api/refunds/{out_trade_no}/review", response_model=Refund,
              responses=_problems(404, 409))  # fmt: skip
    async def decide(out_trade_no: _Number, said: Decision, who: Who):
        """Approve, reject or ask for more. The same decision again gets the same answer."""
        now = house().now()
        with house().store.writing() as connection:
            found = integrators.find(connection, who, out_trade_no)
            found = _DECISIONS[said.decision](connection, who, found.id, said.note, now)
        return integrators.told(found, now.date())

    @api.exception_handler(Refused)
    async def refused(_request, reason: Refused):
        return _problem(reason.code, str(reason))

    @api.exception_handler(RequestValidationError)
    async def wrong(_request, reason: RequestValidationError):
        first = reason.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if part != "body")
        return _problem("WRONG_VALUE", f"{where}: {first['msg']}" if where else first["msg"])

    @api.exception_handler(HTTPException)
    async def not_here(_request, reason: HTTPException):
        return JSONResponse({"code": "NOT_FOUND", "message": str(reason.detail)},
                            reason.status_code, reason.headers)  # fmt: skip

    return api


def _problem(code, message):
    safe = message.encode("utf-8", "backslashreplace").decode()
    return JSONResponse({"code": code, "message": safe}, CODES[code][1])

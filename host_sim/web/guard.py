"""Who may come in, and what a page may load: checked before any page or socket sees a request.

A page of another site that knows our address gets nothing: its Host or its Origin gives it away.
"""
import hmac
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse

COOKIE = "tuidan-token"
KEYED = ("/api/", "/openapi.json")  # they go by a key in a header, and never look at a cookie
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HEADERS = {
    "Content-Security-Policy":
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with none a form would come from origin "null"
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """`hosts`: the names under which this server may be spoken to. `token`: what a browser from
    elsewhere must bring once, as ?token=; None where only this machine can reach the server."""

    def __init__(self, app, hosts=LOOPBACK, token=None):
        self._app = app
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        refusal = self._refusal(scope)
        if refusal is not None:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 4403})
            else:
                await refusal(scope, receive, send)
            return None

        async def with_headers(message):
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        return await self._app(scope, receive, with_headers)

    def _refusal(self, scope):
        """What to answer instead, None for a request that may come in."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if _name(host) not in self._hosts and "*" not in self._hosts:
            return PlainTextResponse("this server has another name", 421)
        if scope["type"] == "http" and scope["path"].startswith(KEYED):
            return None
        origin = headers.get("origin")
        writes = scope["type"] == "websocket" or scope["method"] not in ("GET", "HEAD")
        if writes and (origin is None or urlsplit(origin).netloc != host):
            return PlainTextResponse("a page of another site may not do this", 403)
        return self._without_token(scope, headers)

    def _without_token(self, scope, headers):
        if self._token is None:
            return None
        cookies = dict(part.strip().partition("=")[::2]
                       for part in headers.get("cookie", "").split(";"))
        if hmac.compare_digest(cookies.get(COOKIE, "").encode(), self._token.encode()):
            return None
        query = dict(part.partition("=")[::2] for part in scope["query_string"].decode().split("&"))
        if scope["type"] == "http" and hmac.compare_digest(query.get("token", "").encode(),
                                                           self._token.encode()):
            welcome = RedirectResponse(scope["path"], 303)
            welcome.set_cookie(COOKIE, self._token, httponly=True, samesite="strict")
            return welcome
        return PlainTextResponse("open the address that `make run` printed, token and all", 401)


def _name(host):
    """The name in a Host header, without its port."""
    return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host

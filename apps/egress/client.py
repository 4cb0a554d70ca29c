"""The outbound client: parse once, check where the socket is made, follow redirects ourselves.

The check sits in the socket factory, on the address that is about to be connected to: a resolver
alone would not be asked for IP literals and could be given another answer later. The only way
around it is the operator's list of exact `scheme://host:port` entries, and never by a redirect.
"""

import asyncio
import ipaddress
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
from aiohttp.abc import ResolveResult
from django.conf import settings
from yarl import URL

from apps.common.loops import PerLoop
from apps.common.types import JSON
from apps.egress.addresses import is_allowed, shown
from apps.egress.answers import health_of
from apps.egress.bound import Bound
from apps.egress.breakers import breaker
from apps.egress.decoding import decoded, decoder_of
from apps.egress.exceptions import (
    EgressDenied,
    EgressError,
    EgressInvalid,
    EgressTimeout,
    EgressTooLarge,
    EgressUnreachable,
)
from apps.egress.nesting import headers_to

MAX_REDIRECTS = 5
MAX_URL = 8192
CHUNK = 64 << 10
REDIRECTS = frozenset({301, 302, 303, 307, 308})
CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie", "x-api-key", "api-key"})
USER_AGENT = "Auterity"

# Whether the hop being connected is one of the operator's exceptions.
_excepted: ContextVar[bool] = ContextVar("egress_excepted", default=False)


@dataclass(frozen=True)
class EgressResponse:
    """A whole answer; `body` is decoded from its transfer compression."""

    status: int
    headers: dict[str, str]
    body: bytes
    url: str
    elapsed_ms: int

    @property
    def text(self) -> str:
        """The body as text, by its declared charset."""
        kind = aiohttp.helpers.parse_mimetype(self.headers.get("content-type", ""))
        try:
            return self.body.decode(kind.parameters.get("charset", "utf-8"), errors="replace")
        except LookupError:
            return self.body.decode(errors="replace")


class EgressStream:
    """An answer that is being received."""

    def __init__(
        self, response: aiohttp.ClientResponse, max_bytes: int, bound: Bound | None = None
    ) -> None:
        self.status = response.status
        self.headers = _plain_headers(response)
        self.url = str(bound.off(response.url) if bound else response.url)
        self._response = response
        self._left = max_bytes

    async def chunks(self) -> AsyncIterator[bytes]:
        """Yield the decoded body. Raises EgressTooLarge past the limit, also for a bomb."""
        decoder = decoder_of(self.headers.get("content-encoding", ""))
        async for raw in self._raw():
            for piece in decoded(raw, decoder, self._response.url):
                self._left -= len(piece)
                if self._left < 0:
                    raise EgressTooLarge(
                        f"The answer of {self._response.url.host} is larger than allowed."
                    )
                yield piece

    async def _raw(self) -> AsyncIterator[bytes]:
        try:
            async for raw in self._response.content.iter_chunked(CHUNK):
                yield raw
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error, self._response.url) from error

    async def lines(self) -> AsyncIterator[str]:
        """Yield the body line by line, without line ends."""
        rest = b""
        async for chunk in self.chunks():
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.rstrip(b"\r").decode(errors="replace")
        if rest:
            yield rest.decode(errors="replace")


async def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: JSON = None,
    content: bytes | None = None,
    timeout_s: float = 30,
    max_bytes: int = 10 << 20,
    follow_redirects: bool = True,
    bound: Bound | None = None,
) -> EgressResponse:
    """Make a request and return the whole answer, of any status.

    What is `bound` goes to its hosts alone, and an answer that repeats it comes back masked.
    Raises EgressDenied, EgressInvalid, EgressTimeout, EgressUnreachable, EgressTooLarge or
    BreakerOpen.
    """
    start = time.perf_counter()
    async with stream(
        method, url, headers=headers, params=params, json=json, content=content, timeout_s=timeout_s,
        max_bytes=max_bytes, follow_redirects=follow_redirects, bound=bound,
    ) as answer:  # fmt: skip
        body = b"".join([chunk async for chunk in answer.chunks()])
    elapsed = round((time.perf_counter() - start) * 1000)
    whole = EgressResponse(answer.status, answer.headers, body, answer.url, elapsed)
    return whole if bound is None else _masked(whole, bound)


def _masked(answer: EgressResponse, bound: Bound) -> EgressResponse:
    headers = {name: bound.masked(value) for name, value in answer.headers.items()}
    url, body = bound.masked(answer.url), bound.masked_bytes(answer.body)
    return replace(answer, headers=headers, url=url, body=body)


@asynccontextmanager
async def stream(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, str] | None = None,
    json: JSON = None,
    content: bytes | None = None,
    timeout_s: float = 30,
    max_bytes: int = 10 << 20,
    follow_redirects: bool = True,
    bound: Bound | None = None,
) -> AsyncIterator[EgressStream]:
    """Make a request and hand out the answer while it arrives; `timeout_s` bounds the whole.

    Raises BreakerOpen without a request while the host is left alone.
    """
    target = _parse(url)
    if params:
        target = target.update_query(dict(params))
    sent = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip, deflate", **(headers or {})}
    sent |= headers_to(target.host)
    if bound is not None:
        bound.check(target, in_the_clear=is_excepted(target))
    body: dict[str, Any] = {"json": json} if json is not None else {"data": content}
    async with breaker("http", _place(target)) as call:
        try:
            async with asyncio.timeout(timeout_s):
                response = await _follow(
                    method, target, sent, body, follow_redirects=follow_redirects, bound=bound
                )
                try:
                    answer = EgressStream(response, max_bytes, bound)
                    call.note(health_of(answer.status, answer.headers))
                    yield answer
                finally:
                    # Only an answer read to its end leaves a connection that others may use.
                    response.release() if response.content.at_eof() else response.close()
        except TimeoutError as error:
            raise EgressTimeout(f"{target.host} did not answer within {timeout_s:g} s.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise _translated(error, target) from error


def _place(target: URL) -> str:
    """Return the host as breakers name it, with a port where it is not the usual one."""
    return f"{target.host}" if target.is_default_port() else f"{target.host}:{target.port}"


async def close() -> None:
    """Close the running loop's connections."""
    await _sessions.close()


def is_excepted(url: URL) -> bool:
    """Tell whether the operator allows this exact scheme, host and port inside the denied ranges."""
    return f"{url.scheme}://{url.host}:{url.port}" in settings.EGRESS_ALLOW


def origin_of(url: str) -> str:
    """Return `scheme://host:port` of an address. Raises EgressInvalid, EgressDenied.

    An address that is written in figures is judged at once, a name only when it is connected.
    """
    parsed = _parse(url)
    literal = (parsed.host or "").strip("[]")
    if _is_literal(literal) and not is_allowed(literal) and not is_excepted(parsed):
        raise EgressDenied(f"{literal} is not a public address. Ask your operator to allow it.")
    return f"{parsed.scheme}://{parsed.host}:{parsed.port}"


def _is_literal(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class AddressDenied(OSError):
    """The address is in a range that may not be reached."""


async def _follow(
    method: str,
    target: URL,
    headers: dict[str, str],
    body: dict[str, Any],
    *,
    follow_redirects: bool,
    bound: Bound | None,
) -> aiohttp.ClientResponse:
    start = target
    for _ in range(MAX_REDIRECTS + 1):
        url, sent = _with(bound, target, headers)
        response = await _send(method, url, sent, body, start=start)
        place = response.headers.get("Location")
        if not follow_redirects or response.status not in REDIRECTS or not place:
            return response
        response.close()
        following = _joined(target, place)
        if following.origin() != target.origin():
            headers = {
                name: value for name, value in headers.items() if name.lower() not in CREDENTIALS
            }
        if response.status == 303 or (response.status in {301, 302} and method == "POST"):
            method, body = "GET", {"data": None}
        target = following
    raise EgressUnreachable(f"{target.host} redirected more than {MAX_REDIRECTS} times.")


def _with(bound: Bound | None, target: URL, headers: dict[str, str]) -> tuple[URL, dict[str, str]]:
    """Return what is sent to a hop: with what is bound, if it may go there."""
    if bound is None or not bound.may_go_to(target, in_the_clear=is_excepted(target)):
        return target, headers
    return bound.on(target, headers)


async def _send(
    method: str, target: URL, headers: dict[str, str], body: dict[str, Any], *, start: URL
) -> aiohttp.ClientResponse:
    excepted = is_excepted(target)
    if excepted and target.origin() != start.origin():
        raise EgressDenied(f"A redirect may not lead to {target.host}:{target.port}.")
    token = _excepted.set(excepted)
    try:
        session = await _sessions.get()
        return await session.request(method, target, headers=headers, allow_redirects=False, **body)
    except (ValueError, TypeError) as error:
        raise EgressInvalid(f"The request is not valid: {error}.") from error
    finally:
        _excepted.reset(token)


def _joined(base: URL, place: str) -> URL:
    try:
        return _parse(str(base.join(URL(place[:MAX_URL]))))
    except (ValueError, TypeError) as error:
        raise EgressInvalid(
            f"{base.host} redirected to something that is not an address."
        ) from error


def _parse(url: str) -> URL:
    """Parse once; what is connected to later is exactly this."""
    if len(url) > MAX_URL or any(ord(sign) < 33 or ord(sign) == 127 for sign in url) or "\\" in url:
        raise EgressInvalid("The address holds signs that a URL cannot hold, or is too long.")
    try:
        parsed = URL(url)
        host, port = parsed.host, parsed.port
    except (ValueError, TypeError) as error:
        raise EgressInvalid(f"{shown(url)!r} is not an address.") from error
    if parsed.scheme not in {"http", "https"} or not host or not port:
        raise EgressInvalid("The address must start with http:// or https:// and name a host.")
    if parsed.user is not None or parsed.password is not None:
        raise EgressInvalid("The address may not hold a user name or password. Use a header.")
    return parsed


def _session() -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        resolver=_Resolver(), socket_factory=_checked_socket, use_dns_cache=False, limit=200
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=False,
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=15),
        max_line_size=16 << 10,
        max_field_size=32 << 10,
    )


_sessions: PerLoop[aiohttp.ClientSession] = PerLoop(_session, lambda session: session.close())


class _Resolver(aiohttp.ThreadedResolver):
    """Refuse a name as a whole when one of its addresses is denied."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        found = await super().resolve(host, port, family)
        for entry in found:
            _check(entry["host"])
        return found


def _checked_socket(info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for one address; the last place where a connection can be stopped."""
    family, kind, protocol, _, address = info
    _check(str(address[0]))
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


def _check(address: str) -> None:
    if not _excepted.get() and not is_allowed(address):
        raise AddressDenied(f"{address} is not a public address")


def _translated(error: Exception, target: URL) -> EgressError:
    """Say what happened in words, without internals."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, AddressDenied):
            return EgressDenied(
                f"{target.host} is not a public address. Ask your operator to allow it."
            )
        cause = getattr(cause, "os_error", None) or cause.__cause__
    if isinstance(error, aiohttp.ClientConnectorError):
        return EgressUnreachable(
            f"{target.host}:{target.port} could not be reached: {error.strerror or 'no connection'}."
        )
    if isinstance(error, aiohttp.ServerTimeoutError):
        return EgressTimeout(f"{target.host} did not accept the connection in time.")
    return EgressUnreachable(f"{target.host} broke the connection: {type(error).__name__}.")


def _plain_headers(response: aiohttp.ClientResponse) -> dict[str, str]:
    """Return the headers with lower-case names, repeated ones joined."""
    found: dict[str, str] = {}
    for name, value in response.headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found

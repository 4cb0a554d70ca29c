"""A server on loopback, allowed by its exact port unless a test says otherwise."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from pytest_django import Settings

from apps.egress import client


async def echo(request: web.Request) -> web.Response:
    return web.json_response(
        {
            "method": request.method,
            "headers": dict(request.headers),
            "query": dict(request.query),
            "body": await request.text(),
        }
    )


async def redirect(request: web.Request) -> web.Response:
    return web.Response(
        status=int(request.query.get("status", "302")), headers={"Location": request.query["to"]}
    )


async def loop(request: web.Request) -> web.Response:
    return web.Response(status=302, headers={"Location": "/loop"})


async def bomb(request: web.Request) -> web.Response:
    body = gzip.compress(b"\0" * (200 << 20), 9)
    return web.Response(body=body, headers={"Content-Encoding": "gzip"})


async def big(request: web.Request) -> web.Response:
    return web.Response(body=b"x" * (3 << 20))


async def packed(request: web.Request) -> web.Response:
    if request.query.get("as") == "deflate":
        return web.Response(body=zlib.compress(b"hello"), headers={"Content-Encoding": "deflate"})
    if request.query.get("as") == "garbage":
        return web.Response(body=b"not gzip", headers={"Content-Encoding": "gzip"})
    return web.Response(body=gzip.compress(b"hello"), headers={"Content-Encoding": "gzip"})


async def slow(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse()
    await answer.prepare(request)
    for _ in range(100):
        await answer.write(b".")
        await asyncio.sleep(0.05)
    return answer


async def moody(request: web.Request) -> web.Response:
    headers = {"Retry-After": request.query["wait"]} if "wait" in request.query else {}
    return web.Response(status=int(request.query["status"]), headers=headers)


async def cut(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(headers={"Content-Length": "100"})
    await answer.prepare(request)
    await answer.write(b"half")
    assert request.transport
    request.transport.close()
    return answer


@pytest.fixture
async def server(settings: Settings) -> AsyncIterator[str]:
    """Yield the address of a server that the operator allows."""
    app = web.Application()
    for name, handler in (
        ("echo", echo), ("redirect", redirect), ("loop", loop), ("bomb", bomb), ("big", big),
        ("packed", packed), ("slow", slow), ("moody", moody), ("cut", cut),
    ):  # fmt: skip
        app.router.add_route("*", f"/{name}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    settings.EGRESS_ALLOW = [f"http://127.0.0.1:{port}"]
    yield f"http://127.0.0.1:{port}"
    await client.close()
    await runner.cleanup()

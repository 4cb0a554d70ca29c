"""What the outbound client counts for a host's breaker, and mail for its server's."""

import asyncio
import smtplib
import socket
from collections.abc import Iterator

import pytest
from django.core.mail import EmailMessage
from pytest_django import Settings

from apps.egress import breakers, circuits, client
from apps.egress.exceptions import BreakerOpen, EgressError
from apps.egress.mail import SERVER, judge_mail
from apps.tenants.context import Scope, entered
from apps.tenants.database import query


@pytest.fixture(autouse=True)
def _workspace() -> Iterator[None]:
    with entered(Scope("t_guarded")):
        yield


def state() -> str:
    found = circuits.listed()
    return found[0].state if found else "unknown"


async def ask(server: str, path: str, times: int = 5, **options: float) -> None:
    for _ in range(times):
        try:
            await client.request("GET", f"{server}/{path}", **options)  # type: ignore[arg-type]
        except BreakerOpen:
            raise
        except EgressError:
            continue


@pytest.mark.parametrize(
    "path",
    ["moody?status=500", "moody?status=503", "moody?status=408", "cut", "moody?status=429&wait=60"],
)
async def test_faults_of_the_host_open_it(server: str, path: str) -> None:
    await ask(server, path)
    assert state() == "open"
    with pytest.raises(BreakerOpen, match=r"127\.0\.0\.1"):
        await ask(server, "echo", 1)


@pytest.mark.parametrize(
    "path",
    [
        "moody?status=400",
        "moody?status=404",
        "moody?status=429",
        "moody?status=429&wait=5",
        "moody?status=501",
        "echo",
        "packed?as=gzip",
    ],
)
async def test_refusals_and_short_limits_do_not(server: str, path: str) -> None:
    await ask(server, path, 8)
    assert state() == "unknown"


async def test_silence_opens_it_and_our_own_limits_do_not(server: str) -> None:
    await ask(server, "big", max_bytes=1000)
    assert state() == "unknown"
    await ask(server, "slow", timeout_s=0.05)
    assert state() == "open"


async def test_addresses_that_we_deny_count_for_nothing(server: str, settings: Settings) -> None:
    settings.EGRESS_ALLOW = []
    await client.close()
    await ask(server, "echo", 8)
    await ask("http://10.0.0.1", "", 8)
    assert state() == "unknown"


async def test_unreachable_hosts_open_theirs(server: str, settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        dead = f"http://127.0.0.1:{taken.getsockname()[1]}"
        settings.EGRESS_ALLOW = [server, dead]
        await ask(dead, "")
        assert state() == "open"
        await ask(server, "echo", 1)  # another port is another service


async def test_an_open_one_sends_nothing_and_recovers(server: str) -> None:
    await ask(server, "moody?status=503&wait=120")
    with pytest.raises(BreakerOpen) as caught:
        await ask(server, "slow", 1)
    assert caught.value.retry_after
    assert caught.value.retry_after > 110
    await query(breakers.try_now, circuits.listed()[0])
    await ask(server, "echo", 1)
    assert state() == "closed"
    await ask(server, "echo", 3)


async def test_a_call_that_we_cancel_tells_nothing(server: str) -> None:
    for _ in range(6):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                async with client.stream("GET", f"{server}/slow", timeout_s=30) as answer:
                    async for _chunk in answer.chunks():
                        pass
    assert state() == "unknown"


async def test_a_probe_that_we_cancel_gives_its_place_back(server: str) -> None:
    await ask(server, "moody?status=500")
    await query(breakers.try_now, circuits.listed()[0])
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await client.request("GET", f"{server}/slow", timeout_s=30)
    assert state() == "half_open"
    await ask(server, "echo", 1)
    assert state() == "closed"


def test_mail_waits_for_its_server(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "apps.egress.mail.GuardedEmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    for _ in range(5):
        with pytest.raises(ConnectionRefusedError):
            letter().send()
    with pytest.raises(BreakerOpen, match=SERVER):
        letter().send()
    assert circuits.listed()[0].service == "mail"


def test_a_letter_that_is_refused_is_not_the_servers_fault() -> None:
    refusal = smtplib.SMTPRecipientsRefused({"x@example.com": (550, b"no")})
    busy = smtplib.SMTPDataError(451, b"later")
    for error, fault in ((refusal, False), (busy, True), (smtplib.SMTPServerDisconnected(), True)):
        judged = breakers.breaker("mail", SERVER, judge=judge_mail)._verdict(error)
        assert isinstance(judged, breakers.Fault) is fault


def letter() -> EmailMessage:
    return EmailMessage("Subject", "Text", "us@example.com", ["you@example.com"])

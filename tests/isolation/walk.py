"""Walk the table of probes: as the owner, as a stranger, as the other workspace's owner."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from ipaddress import ip_address
from itertools import count
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction
from django.db import transaction
from django.test import Client

from apps.files.exceptions import BlobAltered
from apps.tenants.context import public_scope
from tests.isolation.probe import Probe
from tests.isolation.probes import walked
from tests.isolation.world import World

ASYNC = {route.label for route in walked() if iscoroutinefunction(route.view)}


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo in the end whatever was changed inside."""
    with public_scope(), transaction.atomic():
        yield
        transaction.set_rollback(True)


_strangers = count(1)


def ask(client: Client, probe: Probe, world: World, **headers: str) -> Any:
    """Send a probe that names this world's objects; what it changes is undone, cookies included.

    Async views work on other connections, which would not see what was not committed.
    """
    cookies = deepcopy(client.cookies)
    stays = probe.route in ASYNC or probe.asks_storage
    with nullcontext() if stays else rolled_back():
        answer = _send(client, probe, world, headers)
    client.cookies = cookies
    return answer


def _send(client: Client, probe: Probe, world: World, headers: dict[str, str]) -> Any:
    with public_scope():
        return client.generic(
            probe.method, probe.path(world), probe.content(world), probe.media,
            headers={**probe.sent(world), **headers}, REMOTE_ADDR=_stranger(),
        )  # fmt: skip


def _stranger() -> str:
    """Return an address of this machine that nobody else sends from: limits count by address."""
    return str(ip_address("127.1.0.0") + next(_strangers))


def text_of(answer: Any) -> str:
    """Return everything that an answer says: body, headers and where it leads."""
    body = streamed(answer) if answer.streaming else answer.content
    return body.decode("utf-8", "replace") + repr(answer.headers)


def streamed(answer: Any) -> bytes:
    """Return the whole of an answer that comes bit by bit, also from an async view."""

    async def gathered() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    try:
        return async_to_sync(gathered)() if answer.is_async else b"".join(answer.streaming_content)
    except BlobAltered:  # where rows leak, their files still do not open
        return b""


def refusals(client: Client, probes: Iterable[Probe], world: World, **headers: str) -> list[str]:
    """Return the probes that their own workspace's owner does not succeed with."""
    found = []
    for probe in probes:
        answer = ask(client, probe, world, **headers)
        if not 200 <= answer.status_code < 400:
            found.append(f"{probe}: {answer.status_code} {text_of(answer)[:300]}")
        elif probe.shows and world.canary not in text_of(answer):
            found.append(f"{probe}: shows nothing of the workspace; is it the right object?")
    return found


@dataclass(frozen=True)
class Told:
    """What somebody was told who sent a probe; the probe's own address is no news."""

    probe: Probe
    status: int
    said: str


def answers(client: Client, probes: Iterable[Probe], world: World) -> list[Told]:
    """Send the probes and return what is answered to each."""
    found = []
    for probe in probes:
        answer = ask(client, probe, world)
        said = text_of(answer).replace(probe.path(world), "")
        found.append(Told(probe, answer.status_code, said))
    return found


def leaks(told: Iterable[Told], canary: str, *, refused: bool) -> list[str]:
    """Return the probes whose answer tells something of the world, or that were let through.

    With `refused` a probe that names an object must get the answer that its row foresees.
    """
    found = []
    for each in told:
        if canary in each.said:
            found.append(f"{each.probe}: {each.status} shows {canary}")
        elif refused and each.probe.elsewhere and each.status != each.probe.elsewhere:
            found.append(f"{each.probe}: {each.status} instead of {each.probe.elsewhere}")
    return found

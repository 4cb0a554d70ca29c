"""The API's own description as a generator of requests, asked in this process.

Ids in addresses are those of a real workspace (`tests/isolation/world.py`), so that requests reach
the code behind the look-up; each request is undone before the next one.
"""

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import schemathesis
from django.conf import settings as django_settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.generation import GenerationMode
from werkzeug.test import Client

from tests.isolation.probe import JSON, Probe
from tests.isolation.probes import PROBES
from tests.isolation.walk import rolled_back, streamed
from tests.isolation.world import World

PREFIX = "/api/v1/"
ASKS_STORAGE = ("/images/", "/pieces/")  # which is never done inside of a transaction
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
# Generated requests for each operation: such as the description allows, and such as it forbids.
EXAMPLES = {GenerationMode.POSITIVE: 40, GenerationMode.NEGATIVE: 15}


class Gathering(WSGIHandler):
    """Django's handler, which has read what async code streams: WSGI cannot hand that on."""

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        answer = super().get_response(request)
        if isinstance(answer, StreamingHttpResponse) and answer.is_async:
            answer.streaming_content = [streamed(answer)]
        return answer


@cache
def _schema() -> Any:
    # the generator's class is untyped
    description = SchemaGenerator(urlconf="auterity.urls").get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schema = schemathesis.openapi.from_dict(description)
    schema.app = Gathering()
    return schema


@cache
def operations() -> dict[str, Any]:
    """Return the operations of the API by their label, such as `GET /api/v1/me/`."""
    return {found.ok().label: found.ok() for found in _schema().get_all_operations()}


def probes_of(label: str, world: World) -> list[tuple[Probe, dict[str, str]]]:
    """Return the known good requests of an operation, with what its address holds."""
    method, template = label.split(" ", 1)
    found = []
    for probe, path in _addresses(world):
        match = _fits(template, path) if probe.method == method else None
        if match and _most_exact(template, path):
            found.append((probe, match.groupdict()))
    return found


_addressed: list[tuple[World, list[tuple[Probe, str]]]] = []


def _addresses(world: World) -> list[tuple[Probe, str]]:
    """Return all probes with their addresses: made for each test they took a twentieth of its time."""
    if not _addressed or _addressed[0][0] is not world:
        _addressed[:] = [(world, [(probe, probe.path(world).split("?")[0]) for probe in PROBES])]
    return _addressed[0][1]


def _most_exact(template: str, path: str) -> bool:
    """Tell whether no operation that leaves less of its address open has this path."""
    others = {label.split(" ", 1)[1] for label in operations()}
    return not any(each.count("{") < template.count("{") and _fits(each, path) for each in others)


def _fits(template: str, path: str) -> re.Match[str] | None:
    """Return what a path has in the places that a template leaves open."""
    return re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template), path)


@dataclass(frozen=True)
class Caller:
    """Who sends: the workspace's owner by a key, or somebody in a browser."""

    headers: dict[str, str]
    client: Client

    @classmethod
    def of(cls, label: str, world: World) -> "Caller":
        """Return who may call an operation: the owner, in a browser where a session is asked for."""
        if f"{PREFIX}session/" in label:
            return cls.browsing("owner", world)
        key = f"Bearer {world.objects['key_text']}"
        return cls({"Host": world.host, "Authorization": key}, Client(_schema().app))

    @classmethod
    def browsing(cls, role: str, world: World) -> "Caller":
        """Return the member with a role, signed in."""
        client, token = Client(_schema().app), "t" * 32
        session = world.browser(role).cookies[django_settings.SESSION_COOKIE_NAME].value
        client.set_cookie(django_settings.SESSION_COOKIE_NAME, session, domain=world.host)
        client.set_cookie(django_settings.CSRF_COOKIE_NAME, token, domain=world.host)
        return cls({"Host": world.host, "X-CSRFToken": token}, client)


@contextmanager
def _connection_kept() -> Iterator[None]:
    """Serve inside of our transaction, as Django's test client does it."""
    ends = (request_started, request_finished)
    for signal in ends:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in ends:
            signal.connect(close_old_connections)


def stays(label: str) -> bool:
    """Tell whether what an operation changes is not undone."""
    return any(part in label for part in ASKS_STORAGE)


def send(case: Any, caller: Caller) -> Any:
    """Send a case, hold the answer against the description and undo what it changed.

    Nobody carries runs here, so waiting for one would only take its time.
    """
    if isinstance(case.body, dict) and isinstance(case.body.get("wait"), int | float):
        case.body["wait"] = min(case.body["wait"], 0.01)
    with nullcontext() if stays(case.operation.path) else rolled_back(), _connection_kept():
        answer = case.call(headers=caller.headers, session=caller.client)
    case.validate_response(answer, checks=CHECKS)
    return answer


def good(label: str, probe: Probe, place: dict[str, str], world: World) -> Any:
    """Return a known good request as a case of its operation."""
    body = probe.content(world)
    parts: dict[str, Any] = {"media_type": probe.media} if body else {}
    if body:
        parts["body"] = json.loads(body) if probe.media == JSON else body
    query = dict(parse_qsl(urlsplit(probe.path(world)).query))
    headers = dict(probe.headers)
    return operations()[label].Case(path_parameters=place, query=query, headers=headers, **parts)


def generated(
    label: str,
    mode: GenerationMode,
    ids: Iterable[dict[str, str]],
    caller: Caller,
    share: int = 1,
) -> list[int]:
    """Send generated requests to each known address; return the statuses they got.

    What an address does not fix is generated too; with a share only one in so many is sent.
    """
    statuses: list[int] = []
    places = list(ids)
    for place in places:
        strategy = operations()[label].as_strategy(generation_mode=mode, path_parameters=place)

        @settings(
            max_examples=-(-EXAMPLES[mode] // (len(places) * share)),
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=strategy)
        def ask(case: Any) -> None:
            statuses.append(send(case, caller).status_code)

        ask()
    return statuses

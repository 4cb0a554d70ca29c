"""Requests that a stranger would try: each row of the table of probes, bent in many ways.

They are asked by the other workspace's owner, and by its key, and name our objects wherever a
request can name something: in its path, query, body and headers.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from tests.isolation.probe import FORM, JSON, Probe
from tests.isolation.world import World

# By which a careless server would let the sender choose whose data they are.
CLAIMS = (
    "X-Forwarded-Host", "X-Host", "X-Original-Host", "X-Tenant", "X-Tenant-Id", "X-Workspace", "X-Schema",
    "X-Forwarded-Server",
)  # fmt: skip
PLACES = ("X-Original-URL", "X-Rewrite-URL", "X-HTTP-Method-Override", "Referer")
PARAMETERS = ("tenant", "workspace", "schema", "id", "pk", "user", "owner", "workflow", "folder", "run", "object")  # fmt: skip
FIELDS = ("tenant", "workspace", "schema", "id", "pk", "user", "owner", "folder", "workflow")


@dataclass(frozen=True)
class Asked:
    """One request as it is sent; `how` says what was bent."""

    probe: Probe
    how: str
    path: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.probe}: {self.how}"


def bent(probe: Probe, ours: World) -> Iterator[Asked]:
    """Return the row as it is, and with our names in every place that could carry one."""
    path, content, sent = probe.path(ours), probe.content(ours), probe.sent(ours)
    plain = {name: text for name, text in sent.items() if name != "Authorization"}
    yield Asked(probe, "as it is", path, content, plain)
    claim = {"host": ours.host, "slug": ours.tenant.slug, "schema": ours.tenant.schema_name}
    for name in CLAIMS:
        for what, value in claim.items():
            yield Asked(probe, f"{name}: our {what}", path, content, plain | {name: value})
    for name in PLACES:
        yield Asked(probe, f"{name}: our path", path, content, plain | {name: path})
    for name in PARAMETERS:
        query = urlencode({name: _value(name, ours)})
        glue = "&" if "?" in path else "?"
        yield Asked(probe, f"?{name}=", f"{path}{glue}{query}", content, plain)
    yield from _other_ids(probe, ours, path, content, plain)
    yield from _fields(probe, ours, path, content, plain)


def _value(name: str, ours: World) -> str:
    """Return what of ours a parameter would name."""
    if name in {"tenant", "workspace"}:
        return ours.tenant.slug
    if name == "schema":
        return ours.tenant.schema_name
    if name == "object":
        return f"workflow:{ours.objects['workflow']}"
    return ours.objects.get(name, ours.objects["workflow"])


def _other_ids(
    probe: Probe, ours: World, path: str, content: bytes, headers: dict[str, str]
) -> Iterator[Asked]:
    """Put each id of ours where the path has one, and write the id otherwise."""
    named = [ours.objects.get(str(value), str(value)) for value in probe.args.values()]
    for known in filter(_is_id, named):
        for form in (known.upper(), UUID(known).hex, f"{{{known}}}", f"{known}%00", f"%2e%2e%2f{known}"):  # fmt: skip
            yield Asked(probe, f"id as {form[:6]}…", path.replace(known, form), content, headers)
        for name, other in ours.objects.items():
            if _is_id(other) and other != known:
                yield Asked(probe, f"id of {name}", path.replace(known, other), content, headers)


def _fields(
    probe: Probe, ours: World, path: str, content: bytes, headers: dict[str, str]
) -> Iterator[Asked]:
    """Add fields to the body that nobody asked for."""
    if probe.method == "GET" or probe.media not in {JSON, FORM}:
        return
    for name in FIELDS:
        added = _with_field(probe, content, name, _value(name, ours))
        if added is not None:
            yield Asked(probe, f"field {name}", path, added, headers)


def _with_field(probe: Probe, content: bytes, name: str, value: str) -> bytes | None:
    if probe.media == FORM:
        return content + b"&" * bool(content) + urlencode({name: value}).encode()
    body: Any = json.loads(content) if content else {}
    return json.dumps(body | {name: value}).encode() if isinstance(body, dict) else None


def _is_id(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False

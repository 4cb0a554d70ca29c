"""Everything that is stored of a run as JSON, and back: how old histories are kept and gone on with."""

import json
import re
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import BigAutoField, Model

from apps.accounts.models import User
from apps.common.ids import uuid7
from apps.common.types import JSON, JSONDict
from apps.dispatch.models import Ticket, Timer
from apps.runs.models import NodeRun, Run, RunEvent, Wait
from apps.workflows.models import Workflow, WorkflowVersion

TARGET = "target.test"  # stands for whatever port the target of a test has
PARTS: tuple[tuple[str, type[Model], str, tuple[str, ...]], ...] = (
    ("run", Run, "pk", ("pk",)),
    ("steps", NodeRun, "run", ("frame", "place")),
    ("events", RunEvent, "run", ("seq",)),
    ("waits", Wait, "run", ("pk",)),
    ("ticket", Ticket, "pk", ("pk",)),
    ("timers", Timer, "ticket", ("pk",)),
)
TIME = re.compile(
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)"
    r"|\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT"
)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# What differs each time, and what no workflow can see.
DIFFERENT = {
    "ms": 0, "delay_s": 0, "priority": 0, "owner": "", "id": "", "role": "", "cpu_ms": 0, "peak_kb": 0,
    "lost": "", "by": "", "silent_s": 0, "preview": "", "votes": [],
}  # fmt: skip


def taken(run: Run, origin: str) -> JSONDict:
    """Return what is stored of a run; the target's address is written in a neutral way."""
    found = {
        part: [
            _values(row) for row in kind._default_manager.filter(**{key: run.pk}).order_by(*order)
        ]
        for part, kind, key, order in PARTS
    }
    return dict(neutral(json.loads(json.dumps(found, cls=DjangoJSONEncoder)), origin))


def neutral(value: JSONDict, origin: str) -> JSONDict:
    """Return a value with a name in place of the target's address."""
    return dict(json.loads(json.dumps(value).replace(origin.removeprefix("http://"), TARGET)))


def located(value: JSONDict, origin: str) -> JSONDict:
    """Return a value with the address of this test's target in it."""
    return dict(json.loads(json.dumps(value).replace(TARGET, origin.removeprefix("http://"))))


def put_back(snapshot: JSONDict, version: WorkflowVersion, decider: User, origin: str) -> Run:
    """Store what a snapshot holds, as a run of a version; return the run."""
    found = located(snapshot, origin)
    links = {"workflow": version.workflow, "version": version, "started_by": decider}
    for part, kind, key, _ in PARTS:
        for values in found[part]:
            row = kind(**_parsed(kind, values))
            for name, thing in (links if kind is Run else {}).items():
                setattr(row, name, thing)
            if isinstance(row, Wait) and row.status == Wait.Status.DECIDED and row.decision:
                row.decided_by = decider
            if key != "pk":
                setattr(row, f"{key}_id", found["run"][0]["id"])
            row.save(force_insert=True)
    return Run.objects.get(pk=found["run"][0]["id"])


def unlike(value: JSON, known: JSON, path: str = "") -> list[str]:
    """Return where a value differs from a known one, in what that one knows."""
    if isinstance(value, dict) and isinstance(known, dict):
        return [
            found
            for name in known.keys() - DIFFERENT.keys()
            for found in unlike(value.get(name), known[name], f"{path}/{name}")
        ]
    if isinstance(value, list) and isinstance(known, list) and len(value) == len(known):
        pairs = enumerate(zip(value, known, strict=True))
        return [e for n, (a, b) in pairs for e in unlike(a, b, f"{path}/{n}")]
    return [] if _plain(value) == _plain(known) else [f"{path} is {value!r}, was {known!r}"]


def _plain(value: JSON) -> JSON:
    """Return a value without the ids and times in it."""
    text = json.dumps(value)
    return ID.sub("<id>", TIME.sub("<time>", text))


def kept_version(workflow: Workflow, history: JSONDict, origin: str) -> WorkflowVersion:
    """Return the version of a history as it was stored then, whatever today's release would store."""
    return WorkflowVersion.objects.create(
        workflow=workflow, definition=located(history["definition"], origin),
        sha256=uuid7().hex,  # compiled graphs are kept by it, and the target has moved
        engine=history["engine"], number=1,
    )  # fmt: skip


def _values(row: Model) -> JSONDict:
    """Return the columns of a row but for those that point to others; bytes as hexadecimal digits."""
    found = {}
    for field in row._meta.concrete_fields:
        if not field.is_relation:
            value = getattr(row, field.name)
            found[field.name] = bytes(value).hex() if field.name == "state" else value
    return found


def _parsed(kind: type[Model], values: JSONDict) -> JSONDict:
    found = {}
    for name, value in values.items():
        if name == "role" or (name == "id" and isinstance(kind._meta.pk, BigAutoField)):
            continue  # the database says whose it is, and counts
        field: Any = kind._meta.get_field(name)
        parsed = bytes.fromhex(value) if name == "state" else field.to_python(value)
        found[name] = parsed
    return found

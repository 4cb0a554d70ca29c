"""What changed in a draft, for programs: who did what to which step, and not what was written there.

Neighbouring updates of one person are one change. It is found by comparing the draft before and
after, so it says what became of it, however it was typed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import groupby
from typing import Any
from uuid import UUID

from apps.common.types import JSONDict
from apps.workflows import document
from apps.workflows.document import CONFIG, PARTS
from apps.workflows.models import Workflow, WorkflowUpdate

MOST_UPDATES = 500  # that one look takes in
RUNBOOK = "runbook"
MOST_DETAILS = 200  # of one change; more are cut off, and it says so
Parts = dict[str, dict[str, Any]]
Detail = tuple[str, str | None, str | None]  # operation, node, field


def read_changes(workflow_id: UUID, after: int) -> list[JSONDict]:
    """Return the changes after a number of the log, the oldest first, so far as one look goes."""
    workflow = Workflow.objects.get(pk=workflow_id)
    rows = WorkflowUpdate.objects.filter(workflow_id=workflow_id, seq__gt=after)
    updates = list(rows.select_related("author").order_by("seq")[:MOST_UPDATES])
    if not updates:
        return []
    whole = document.merged(_updates_upto(workflow, after))
    before, changes = _parts(whole), []
    for _, group in groupby(updates, key=lambda update: update.author_id):
        own = list(group)
        whole = document.merged([whole, *(bytes(update.data) for update in own)])
        now = _parts(whole)
        changes.append(_change(own, list(_details(before, now))))
        before = now
    return changes


def _updates_upto(workflow: Workflow, seq: int) -> list[bytes]:
    """Return what made the draft that there was at a number."""
    first = workflow.snapshot_seq if workflow.snapshot_seq <= seq else 0
    rows = WorkflowUpdate.objects.filter(workflow=workflow, seq__gt=first, seq__lte=seq)
    later = [bytes(data) for data in rows.order_by("seq").values_list("data", flat=True)]
    return [*([bytes(workflow.snapshot)] if first else []), *later]


def _parts(whole: bytes) -> Parts:
    doc = document.load([whole])
    parts = {name: _plain(document.part_of(doc, name)) for name in PARTS}
    return parts | {RUNBOOK: {RUNBOOK: document.read_runbook(doc)}}


def _plain(part: Any) -> dict[str, Any]:
    """Return a part as data; what is no data, and will be mended, stands as nothing."""
    found = {}
    for key in list(part.keys()):
        with suppress(ValueError):
            value = part[key]
            found[key] = value.to_py() if hasattr(value, "to_py") else value
    return found


def _change(updates: Sequence[WorkflowUpdate], details: Sequence[Detail]) -> JSONDict:
    last = updates[-1]
    author = last.author
    return {
        "seq": last.seq,
        "at": last.created_at.isoformat(),
        "author": {"id": str(author.pk), "name": str(author)} if author else None,
        "changes": [
            {"operation": operation, "node": node, "field": name}
            for operation, node, name in details[:MOST_DETAILS]
        ],
        "more": len(details) > MOST_DETAILS,
    }


def _details(before: Parts, now: Parts) -> Iterator[Detail]:
    for part in ("nodes", "notes"):
        yield from _of_things(before[part], now[part])
    standing = now["nodes"].keys() | now["notes"].keys()
    yield from _of(before["text"], now["text"], _text_detail, standing)
    yield from _of(before["layout"], now["layout"], _place_detail, standing)
    yield from _of(before["edges"], now["edges"], _edge_detail)
    yield from _of(before[RUNBOOK], now[RUNBOOK], lambda key, *_: ("edit", None, key))
    yield from _of(before["meta"], now["meta"], lambda key, *_: ("set", None, key))


def _of_things(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Detail]:
    for key in sorted(before.keys() | now.keys()):
        if key not in before or key not in now:
            yield "add" if key in now else "remove", key, None
        elif before[key] != now[key]:
            old, new = _fields(before[key]), _fields(now[key])
            for name in sorted(old.keys() | new.keys()):
                if old.get(name) != new.get(name):
                    field = name.replace(CONFIG, "config.", 1) if name.startswith(CONFIG) else name
                    yield "set" if name in new else "clear", key, field


def _of(
    before: dict[str, Any],
    now: dict[str, Any],
    detail: Callable[[str, Any, Any], Detail],
    standing: Iterable[str] | None = None,
) -> Iterator[Detail]:
    """Yield what changed in a part; of a step that is gone, that it went says everything."""
    for key in sorted(before.keys() | now.keys()):
        old, new = before.get(key), now.get(key)
        if old == new or (standing is not None and key.partition("/")[0] not in standing):
            continue
        yield detail(key, old, new)


def _text_detail(key: str, old: Any, new: Any) -> Detail:
    node, _, parameter = key.partition("/")
    return "edit", node, f"config.{parameter}" if parameter else None


def _place_detail(key: str, old: Any, new: Any) -> Detail:
    return "move", key, None


def _edge_detail(key: str, old: Any, new: Any) -> Detail:
    source = (new or old).get("s") if isinstance(new or old, dict) else None
    operation = "connect" if old is None else "disconnect" if new is None else "set"
    return operation, source, key


def _fields(stored: Any) -> dict[str, Any]:
    return stored if isinstance(stored, dict) else {}

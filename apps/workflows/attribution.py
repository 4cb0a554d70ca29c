"""Who changed what of a draft between two states: by field, who wrote it last.

What changed is found by comparing the states, so whatever was undone counts for nobody. Who did it
is found by following the updates of those who worked at the same time one by one.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import islice
from typing import Any
from uuid import UUID

from pycrdt import Map

from apps.common.types import JSONDict
from apps.workflows import document
from apps.workflows.changes import Detail, Parts, details, field_of, field_of_text
from apps.workflows.document import PARTS, part_of

MOST = 5_000  # changes that a point remembers one by one
PLACE = "position"
NOTHING = {("add", "remove"), ("connect", "disconnect")}  # what became of it together
Subject = tuple[str | None, str | None]  # node, field
Written = tuple[UUID | None, bytes]


@dataclass(frozen=True)
class Credit:
    """One change and whose it is."""

    operation: str
    node: str | None
    field: str | None
    author: str | None
    title: str  # of the step, or of both ends of a connection, when it was changed
    origin: str

    @property
    def subject(self) -> Subject:
        """What it is about: two changes of the same subject replace each other."""
        return subject_of((self.operation, self.node, self.field))

    def as_json(self) -> JSONDict:
        """Return it as it is stored."""
        return asdict(self)


def credits_of(
    before: Parts, now: Parts, whole: bytes, written: Sequence[Written], origin: str
) -> list[Credit]:
    """Return what changed from one state to the next, and who did it.

    `whole` is the state before, `written` what was added to it.
    """
    authors = {author for author, _ in written}
    writers = _writers(whole, written) if len(authors) > 1 else {}
    last = written[-1][0] if written else None
    found: list[Credit] = []
    for detail in islice(details(before, now), MOST):
        author = _writer(detail, writers, last)
        for each in [detail, *_by_others(detail, author, writers)]:
            title = _title(each, before, now)
            whose = _text(_writer(each, writers, last))
            found.append(Credit(*each, author=whose, title=title, origin=origin))
    return found


def merged(found: Iterable[Credit]) -> list[Credit]:
    """Return changes that followed each other as one: the last of each subject."""
    kept: dict[Subject, Credit] = {}
    for credit in found:
        came = kept.pop(credit.subject, None)
        if came is None or (came.operation, credit.operation) not in NOTHING:
            kept[credit.subject] = credit
        elif credit.operation == "remove":
            kept = {key: each for key, each in kept.items() if each.node != credit.node}
    return list(kept.values())[-MOST:]


def subject_of(detail: Detail) -> Subject:
    """Return what a detail is about."""
    operation, node, field = detail
    if field is not None and ">" in field and ":" in field:
        return None, field  # a connection
    return node, PLACE if operation == "move" else field


def _by_others(
    detail: Detail, author: UUID | None, writers: dict[Subject, UUID | None]
) -> Iterator[Detail]:
    """Yield what others than its author wrote into a step that came."""
    operation, node, _ = detail
    if operation != "add":
        return
    for (owner, field), writer in writers.items():
        if owner == node and field not in (None, PLACE) and writer != author:
            yield "set", node, field


def _writers(whole: bytes, written: Sequence[Written]) -> dict[Subject, UUID | None]:
    """Return who touched what last.

    Updates that came in a wrong order may not show here, which is why states are compared.
    """
    doc = document.load([whole])
    touched: dict[Subject, UUID | None] = {}
    current: list[UUID | None] = [None]

    def note(name: str, events: Sequence[Any]) -> None:
        for event in events:
            touched.update(dict.fromkeys(_subjects(name, event), current[0]))

    parts: list[tuple[str, Map[Any]]] = [(name, part_of(doc, name)) for name in PARTS]
    held = [(part, part.observe_deep(partial(note, name))) for name, part in parts]
    for author, data in written:
        current[0] = author
        doc.apply_update(data)
    for part, subscription in held:
        part.unobserve(subscription)
    return touched


def _subjects(name: str, event: Any) -> Iterator[Subject]:
    """Yield what an event of a part of the document is about."""
    path = [str(each) for each in event.path]
    keys = [] if getattr(event, "keys", None) is None else list(event.keys)
    if name == "text":
        for key in path[:1] or keys:
            owner, _, parameter = key.partition("/")
            yield owner, field_of_text(parameter)
    elif path:
        yield from ((path[0], field_of(key)) for key in keys)
    elif name in ("nodes", "notes"):
        yield from ((key, None) for key in keys)
    else:
        yield from ((key, PLACE) if name == "layout" else (None, key) for key in keys)


def _writer(
    detail: Detail, writers: dict[Subject, UUID | None], otherwise: UUID | None
) -> UUID | None:
    subject = subject_of(detail)
    if subject in writers:
        return writers[subject]
    return writers.get((subject[0], None), otherwise)


def _title(detail: Detail, before: Parts, now: Parts) -> str:
    node, field = subject_of(detail)
    if node is not None:
        return _name(node, before, now)
    edge = now["edges"].get(field or "") or before["edges"].get(field or "")
    if not isinstance(edge, dict):
        return ""
    return " → ".join(_name(str(edge.get(end)), before, now) for end in ("s", "t"))


def _name(node: str, before: Parts, now: Parts) -> str:
    stored = now["nodes"].get(node) or before["nodes"].get(node)
    if not isinstance(stored, dict):
        return "Note"
    return str(stored.get("title") or stored.get("type") or node)[:200]


def _text(author: UUID | None) -> str | None:
    return str(author) if author else None

"""What differs between a version and a later state, by who changed it.

What differs is the comparison of the two; the points between say who wrote each of it last. So what
was changed and put back is nobody's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.common.types import JSONDict
from apps.workflows import drafts, points
from apps.workflows.attribution import Credit, Subject
from apps.workflows.diff import diff
from apps.workflows.models import Origin, Workflow

EMPTY: JSONDict = {"schema": 1, "nodes": [], "edges": [], "settings": {}}
Whose = tuple[str | None, bool]  # the author, and whether they came through the API


def _nothing() -> JSONDict:
    return {"added": [], "removed": [], "changed": []}


@dataclass
class Contribution:
    """What one person changed, in the form of a `diff`; `author` is None where nobody knows."""

    author: UUID | None
    through_api: bool
    nodes: JSONDict = field(default_factory=_nothing)
    edges: JSONDict = field(default_factory=_nothing)
    settings: list[JSONDict] = field(default_factory=list)


def unpublished(workflow: Workflow) -> list[Contribution]:
    """Return what differs between the published version and the draft, by author."""
    points.record(workflow.pk)
    workflow = Workflow.objects.select_related("published_version").get(pk=workflow.pk)
    version = workflow.published_version
    before = version.definition if version else EMPTY
    since = version.seq if version else 0
    return contributions(workflow, before, drafts.load(workflow).data, since, workflow.draft_seq)


def contributions(
    workflow: Workflow, before: JSONDict, after: JSONDict, since: int, upto: int
) -> list[Contribution]:
    """Return what differs between two states at numbers of the log, by author."""
    rows = workflow.points.after(since).filter(first__lte=upto).in_order()
    found = [
        Credit(**each) for changes in rows.values_list("changes", flat=True) for each in changes
    ]
    return by_author(before, after, found)


def by_author(before: JSONDict, after: JSONDict, found: Iterable[Credit]) -> list[Contribution]:
    """Give each difference to who wrote it last; who changed most comes first."""
    differs, writers, shares = diff(before, after), _Writers(found), _Shares()
    for how in ("added", "removed"):
        for node in differs["nodes"][how]:
            shares.of(writers.of((node["id"], None))).nodes[how].append(node)
    others = _fields_of_new(differs["nodes"]["added"], after, writers)
    for whose, node in [*others, *_fields_of_old(differs["nodes"]["changed"], writers)]:
        shares.of(whose).nodes["changed"].append(node)
    for how, edges in differs["edges"].items():
        for edge in edges:
            shares.of(writers.of((None, edge["id"]))).edges[how].append(edge)
    for setting in differs["settings"]:
        whose = writers.of((None, f"settings.{setting['field']}"))
        shares.of(whose).settings.append(setting)
    return sorted(shares.found.values(), key=_size, reverse=True)


class _Shares:
    """What each changed, so far as it was looked at."""

    def __init__(self) -> None:
        self.found: dict[Whose, Contribution] = {}

    def of(self, whose: Whose) -> Contribution:
        """Return the share of somebody."""
        author = UUID(whose[0]) if whose[0] else None
        return self.found.setdefault(whose, Contribution(author, whose[1]))


class _Writers:
    """Who wrote what last."""

    def __init__(self, found: Iterable[Credit]) -> None:
        self._last: dict[Subject, tuple[int, Credit]] = {}
        for place, credit in enumerate(found):
            self._last[credit.subject] = (place, credit)

    def of(self, subject: Subject) -> Whose:
        """Return who wrote it; whoever brought a step in wrote all that it then was."""
        node, name = subject
        known = [self._last.get(subject)]
        if node is not None and name is not None:
            whole = self._last.get((node, None))
            known.append(whole if whole and whole[1].operation == "add" else None)
        sure = [each for each in known if each is not None]
        if not sure:
            return None, False
        credit = max(sure, key=lambda each: each[0])[1]
        return credit.author, credit.origin == Origin.API

    def fields(self, node: str) -> Iterator[str]:
        """Yield the fields of a step that somebody wrote after it came."""
        for owner, name in self._last:
            if owner == node and name is not None:
                yield name


def _by_writer(
    node: str, fields: Iterable[JSONDict], writers: _Writers
) -> list[tuple[Whose, list[JSONDict]]]:
    found: dict[Whose, list[JSONDict]] = {}
    for each in fields:
        found.setdefault(writers.of((node, each["field"])), []).append(each)
    return list(found.items())


def _fields_of_old(
    changed: Iterable[JSONDict], writers: _Writers
) -> Iterator[tuple[Whose, JSONDict]]:
    """Yield what was changed of steps that were there, by who did."""
    for node in changed:
        for whose, fields in _by_writer(node["id"], node["fields"], writers):
            yield whose, {**node, "fields": fields}


def _fields_of_new(
    added: Iterable[JSONDict], after: JSONDict, writers: _Writers
) -> Iterator[tuple[Whose, JSONDict]]:
    """Yield what others wrote into steps that somebody added."""
    nodes = {node["id"]: node for node in after["nodes"]}
    for node in added:
        whole = nodes[node["id"]]
        adder = writers.of((node["id"], None))
        fields = [
            {"field": name, "before": None, "after": _value(whole, name)}
            for name in writers.fields(node["id"])
            if _value(whole, name) is not None
        ]
        for whose, own in _by_writer(node["id"], fields, writers):
            if whose != adder:
                yield whose, {"id": node["id"], "title": node.get("title", ""), "fields": own}


def _value(node: JSONDict, name: str) -> Any:
    owner: JSONDict = node["config"] if name.startswith("config.") else node
    return None if name == "position" else owner.get(name.removeprefix("config."))


def _size(share: Contribution) -> int:
    parts = [*share.nodes.values(), *share.edges.values()]
    return sum(len(part) for part in parts) + len(share.settings)

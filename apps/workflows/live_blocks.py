"""What the live blocks of a runbook stand for now, for one reader.

Runs and approvals live on a higher floor, which says in `AppConfig.ready()` how to look at them.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.nodes import registry
from apps.workflows import drafts, history
from apps.workflows.models import Workflow
from apps.workflows.runbook.schema import NEEDED
from apps.workflows.runbook.tree import walk


@dataclass(frozen=True)
class Block:
    """What a reader is shown of something that lives elsewhere."""

    title: str
    detail: str
    status: str  # a word that pills know; empty for none
    url: str
    at: datetime | None = None


Look: TypeAlias = Callable[[User, Collection[str]], Mapping[str, Block]]
Blocks: TypeAlias = Mapping[tuple[str, str], Block]

_looks: dict[str, Look] = {}


def register_block(element: str, look: Look) -> None:
    """Say how blocks of a kind are looked up by ids: what a reader may not see is not returned."""
    if element in _looks:
        raise TypeError(f"{element} has a source already.")
    _looks[element] = look


def blocks_of(tree: JSONDict, workflow: Workflow, reader: User) -> Blocks:
    """Return what the live blocks of a runbook show; what is gone or not seen is not in it."""
    wanted: dict[str, set[str]] = {}
    for node in walk(tree):
        if node["type"] in NEEDED:
            wanted.setdefault(node["type"], set()).add(node["attrs"][NEEDED[node["type"]]])
    looks = _looks | {"node_block": lambda user, ids: _steps(workflow, user, ids)}
    return {
        (element, key): block
        for element, ids in wanted.items()
        if element in looks
        for key, block in looks[element](reader, ids).items()
    }


def _steps(workflow: Workflow, reader: User, ids: Collection[str]) -> dict[str, Block]:
    run = history.last_run(workflow, reader) or {"nodes": []}
    statuses = {node["node"]: str(node["status"]) for node in run["nodes"]}
    found = {}
    for node in drafts.load(workflow).definition.nodes:
        if node.id in ids:
            kind = _kind_of(node.type)
            url = f"/workflows/{workflow.pk}/?step={node.id}"
            found[node.id] = Block(node.title or kind, kind, statuses.get(node.id, ""), url)
    return found


def _kind_of(type_name: str) -> str:
    try:
        return registry.find(type_name).label
    except registry.UnknownNodeType:
        return type_name

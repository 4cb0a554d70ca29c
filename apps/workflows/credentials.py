"""Credentials that steps name: whether they can be used, and by whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSON, JSONDict
from apps.credentials.lending import find_stored
from apps.nodes import registry
from apps.nodes.catalogue import credential_fields
from apps.workflows.definition import Definition
from apps.workflows.exceptions import HasProblems
from apps.workflows.problems import Problem

# What stands where a copy from another workspace named a credential: a reminder, and no id.
LEFT_BEHIND = "left-behind"


@dataclass(frozen=True)
class Named:
    """A credential as a field of a step names it."""

    node: str
    field: str
    value: str


def named_in(nodes: Iterable[tuple[str, str, JSONDict]]) -> Iterator[Named]:
    """Yield what steps name, each given by id, type and config."""
    for node_id, type_name, config in nodes:
        for field in fields_of(type_name):
            value = config.get(field)
            if isinstance(value, str) and value:
                yield Named(node_id, field, value)


def problems_of(definition: Definition) -> Iterator[Problem]:
    """Yield what is wrong with them, whoever asks."""
    for each in named_in((node.id, node.type, node.config) for node in definition.nodes):
        place = {"node": each.node, "field": each.field}
        if each.value == LEFT_BEHIND:
            message = "The credential was not copied: it belongs to another workspace."
            yield Problem(
                "credential_left_behind", message, "Choose one of this workspace.", **place
            )
            continue
        found = find_stored(each.value)
        if found is None:
            message = "This credential is not in the workspace."
            yield Problem("credential_missing", message, "Choose another one.", **place)
        elif not found.is_active:
            message = f"The credential “{found}” is disabled."
            yield Problem("credential_disabled", message, "Enable it, or choose another.", **place)


def check_may_use(definition: JSONDict, actor: User) -> None:
    """Raise HasProblems where somebody lets steps use what they may not use themselves."""
    found = []
    nodes = ((node["id"], node["type"], node.get("config", {})) for node in definition["nodes"])
    for each in named_in(nodes):
        credential = find_stored(each.value)
        if credential is not None and not policies.allows(actor, "use", credential):
            seen = policies.allows(actor, "view", credential)
            message = f"You may not use {f'“{credential}”' if seen else 'this credential'}."
            fix = "Choose another one, or ask somebody who may use it."
            found.append(Problem("credential_forbidden", message, fix, each.node, each.field))
    if found:
        raise HasProblems(errors=[each.as_json() for each in found])


def stamp_of(nodes: Iterable[tuple[str, str, JSONDict]]) -> list[JSON]:
    """Return what changes whenever a credential does that steps name, or is gone."""
    stamps: list[JSON] = []
    for value in sorted({each.value for each in named_in(nodes)}):
        found = find_stored(value)
        stamps.append([value, found and [str(found.updated_at), found.is_active]])
    return stamps


def left_behind(definition: JSON) -> JSON:
    """Return a definition from elsewhere, with a reminder in the place of what is not known here."""
    if not isinstance(definition, dict) or not isinstance(definition.get("nodes"), list):
        return definition
    return {**definition, "nodes": [_without_foreign(node) for node in definition["nodes"]]}


def fields_of(type_name: str) -> tuple[str, ...]:
    """Return the fields of a type that name credentials; none of a type that is not known."""
    try:
        return credential_fields(registry.find(type_name))
    except registry.UnknownNodeType:
        return ()


def _without_foreign(node: JSON) -> JSON:
    config = node.get("config") if isinstance(node, dict) else None
    if not isinstance(config, dict):
        return node
    foreign = {
        field: LEFT_BEHIND
        for field in fields_of(str(node.get("type", "")))
        if config.get(field) and not _is_known(config[field])
    }
    return {**node, "config": {**config, **foreign}} if foreign else node


def _is_known(value: object) -> bool:
    return isinstance(value, str) and find_stored(value) is not None

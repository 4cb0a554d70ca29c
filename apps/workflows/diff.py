"""What changed between two definitions."""

from apps.common.types import JSON, JSONDict

LAYOUT = frozenset({"position", "size"})


def diff(before: JSONDict, after: JSONDict, *, layout: bool = False) -> JSONDict:
    """Return added, removed and changed nodes and edges; a changed node lists its fields.

    Moving something is no change, unless `layout` asks for that as well.
    """
    hidden = frozenset() if layout else LAYOUT
    return {
        "nodes": _compare(
            {n["id"]: n for n in before["nodes"]}, {n["id"]: n for n in after["nodes"]}, hidden
        ),
        "edges": _compare(
            {_edge(e): e for e in before["edges"]}, {_edge(e): e for e in after["edges"]}
        ),
        "settings": list(_fields(before["settings"], after["settings"])),
    }


def _compare(
    old: dict[str, JSONDict], new: dict[str, JSONDict], hidden: frozenset[str] = frozenset()
) -> JSONDict:
    changed = []
    for key in sorted(old.keys() & new.keys()):
        fields = list(_fields(old[key], new[key], hidden=hidden))
        if fields:
            changed.append({"id": key, "title": new[key].get("title", ""), "fields": fields})
    return {
        "added": [{"id": key, **_named(new[key])} for key in sorted(new.keys() - old.keys())],
        "removed": [{"id": key, **_named(old[key])} for key in sorted(old.keys() - new.keys())],
        "changed": changed,
    }


def _fields(
    old: JSONDict, new: JSONDict, path: str = "", hidden: frozenset[str] = frozenset()
) -> list[JSONDict]:
    found: list[JSONDict] = []
    for key in sorted((old.keys() | new.keys()) - hidden):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        name = f"{path}{key}"
        if key == "config" and isinstance(before, dict) and isinstance(after, dict):
            found += _fields(before, after, "config.")
        else:
            found.append({"field": name, "before": before, "after": after})
    return found


def _named(part: JSONDict) -> dict[str, JSON]:
    return {key: part[key] for key in ("title", "type") if key in part}


def _edge(edge: JSONDict) -> str:
    return f"{edge['source']}:{edge['source_port']}>{edge['target']}:{edge['target_port']}"

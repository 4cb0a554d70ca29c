"""The draft as a Y document, and its JSON.

    meta    schema, name, description, settings.<key>
    nodes   <id> -> map: type, type_version, title, ... and c:<parameter> for each of the config
    text    <id>/<parameter> -> text that people edit together: prompts, code, notes
    layout  <id> -> [x, y] or [x, y, width, height]
    edges   <source>:<port>><target>:<port> -> {s, sp, t, tp, label?, when?}
    notes   <id> -> {colour, group?}; their words are in `text`, their place in `layout`

The document is the truth and JSON is derived from it; `tests/workflows/test_document.py` holds the
two to a round trip. Edges without both ends are ignored: somebody deleted a node while somebody
else connected it.
"""

from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from pycrdt import Doc, Map, Text

from apps.common.types import JSON, JSONDict
from apps.nodes import registry
from apps.workflows.definition import Definition, normalised
from apps.workflows.exceptions import BadUpdate
from apps.workflows.wire import check_state_vector, check_update

PARTS = ("meta", "nodes", "text", "layout", "edges", "notes")
NODE_KEYS = (
    "type", "type_version", "title", "notes", "parent", "disabled", "join", "retry", "undo",
    "timeout_s",
    "on_error", "default_output", "cache_ttl_s",
)  # fmt: skip
EDGE_KEYS = {"source": "s", "source_port": "sp", "target": "t", "target_port": "tp"}
CONFIG = "c:"
DETAILS = ("name", "description")

YDoc = Doc[Any]


def load(updates: Iterable[bytes]) -> YDoc:
    """Return the document that the updates make."""
    doc: YDoc = Doc()
    for part in PARTS:
        doc.get(part, type=Map)
    with doc.transaction():
        for update in updates:
            doc.apply_update(update)
    return doc


def apply(doc: YDoc, update: bytes) -> None:
    """Apply what a client sent. Raises BadUpdate for anything that is not an update."""
    check_update(update)
    try:
        doc.apply_update(update)
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadUpdate(f"The update cannot be read: {error}.") from error


def read(doc: YDoc) -> JSONDict:
    """Return the definition's JSON. Raises BadUpdate if the document cannot be one."""
    try:
        return _read(doc)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadUpdate("The update does not leave a workflow's document.") from error


def read_details(doc: YDoc) -> dict[str, str]:
    """Return the name and description that the document carries, so far as it does."""
    meta = _part(doc, "meta").to_py() or {}
    found = {key: meta.get(key) for key in DETAILS}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def write_details(doc: YDoc, details: dict[str, str]) -> bytes:
    """Set name and description in the document; return the operations."""
    before = doc.get_state()
    with doc.transaction():
        for key, value in details.items():
            _set(_part(doc, "meta"), key, value)
    return doc.get_update(before)


def missing(doc: YDoc, state_vector: bytes | None) -> bytes:
    """Return what a client with this state lacks; everything without one. Raises BadUpdate."""
    if not state_vector:
        return doc.get_update()
    check_state_vector(state_vector)
    return doc.get_update(state_vector)


def write(doc: YDoc, definition: Definition) -> bytes:
    """Change the document into the definition by as few operations as possible; return them.

    What did not change is left alone, so that other people's edits in flight survive.
    """
    before = doc.get_state()
    with doc.transaction():
        _write_meta(_part(doc, "meta"), definition)
        _write_nodes(doc, definition)
        _write_edges(_part(doc, "edges"), definition)
        _write_notes(doc, definition)
    return doc.get_update(before)


def text_parameters(type_name: str) -> frozenset[str]:
    """Return the parameters of a node type that are edited together by the letter."""
    with suppress(registry.UnknownNodeType):
        schema = registry.find(type_name).config.model_json_schema()
        properties = schema.get("properties", {})
        return frozenset(name for name, each in properties.items() if each.get("x-text"))
    return frozenset()


def _part(doc: YDoc, name: str) -> Map[Any]:
    part: Map[Any] = doc.get(name, type=Map)
    return part


def _keys(part: Map[Any]) -> list[str]:
    """Return the keys as they are now: the map changes while they are walked."""
    return list(part.keys())


def _read(doc: YDoc) -> JSONDict:
    meta = _part(doc, "meta").to_py() or {}
    nodes = _part(doc, "nodes").to_py() or {}
    texts = _part(doc, "text").to_py() or {}
    layout = _part(doc, "layout").to_py() or {}
    edges = _part(doc, "edges").to_py() or {}
    notes = _part(doc, "notes").to_py() or {}
    by_owner: dict[str, dict[str, str]] = {}
    for key in sorted(texts):
        owner, _, parameter = key.partition("/")
        by_owner.setdefault(owner, {})[parameter] = str(texts[key])
    return {
        "schema": 1,
        "nodes": [
            _read_node(id_, nodes[id_], by_owner.get(id_, {}), layout.get(id_))
            for id_ in sorted(nodes)
        ],
        "edges": [
            _read_edge(edges[key])
            for key in sorted(edges)
            if edges[key]["s"] in nodes and edges[key]["t"] in nodes
        ],
        "notes": [
            _read_note(id_, notes[id_], by_owner.get(id_, {}), layout.get(id_))
            for id_ in sorted(notes)
        ],
        "settings": {
            key.removeprefix("settings."): normalised(value)
            for key, value in sorted(meta.items())
            if key.startswith("settings.")
        },
    }


def _read_node(node_id: str, stored: JSONDict, texts: dict[str, str], place: Any) -> JSONDict:
    config = {
        key[len(CONFIG) :]: normalised(stored[key])
        for key in sorted(stored)
        if key.startswith(CONFIG)
    }
    node: JSONDict = {"id": node_id, "type": stored["type"]}
    node |= {key: normalised(stored[key]) for key in NODE_KEYS if stored.get(key) is not None}
    node["config"] = config | texts
    node |= _read_place(place)
    return node


def _read_note(note_id: str, stored: JSONDict, texts: dict[str, str], place: Any) -> JSONDict:
    return {
        "id": note_id,
        "colour": stored.get("colour", "yellow"),
        **({"group": True} if stored.get("group") is True else {}),
        "text": texts.get("text", ""),
        **_read_place(place),
    }


def _read_place(place: Any) -> JSONDict:
    if not place:
        return {}
    numbers = normalised(list(place))
    size = {"size": numbers[2:4]} if len(numbers) == 4 else {}
    return {"position": numbers[:2], **size}


def _read_edge(stored: JSONDict) -> JSONDict:
    edge = {name: stored[short] for name, short in EDGE_KEYS.items()}
    return edge | {"when": stored.get("when"), "label": stored.get("label", "")}


def _write_meta(meta: Map[Any], definition: Definition) -> None:
    _set(meta, "schema", 1)
    wanted = {f"settings.{key}": value for key, value in definition.settings.items()}
    _replace(meta, wanted, [key for key in _keys(meta) if key.startswith("settings.")])


def _write_nodes(doc: YDoc, definition: Definition) -> None:
    nodes, layout, texts = _part(doc, "nodes"), _part(doc, "layout"), _part(doc, "text")
    kept = {node.id for node in definition.nodes}
    for gone in [key for key in _keys(nodes) if key not in kept]:
        del nodes[gone]
        _forget(layout, texts, gone)
    for data in definition.as_json()["nodes"]:
        node_id = data["id"]
        if node_id not in nodes:
            nodes[node_id] = Map({"type": data["type"]})
        _write_node(nodes[node_id], texts, data)
        _write_place(layout, node_id, data)


def _write_node(stored: Map[Any], texts: Map[Any], data: JSONDict) -> None:
    lettered = text_parameters(data["type"])
    config = data.get("config", {})
    wanted = {key: data[key] for key in NODE_KEYS if data.get(key) is not None}
    plain = {k: v for k, v in config.items() if not (k in lettered and isinstance(v, str))}
    wanted |= {CONFIG + key: value for key, value in plain.items()}
    _replace(stored, wanted, _keys(stored))
    for key in [key for key in _keys(texts) if key.startswith(f"{data['id']}/")]:
        if key.partition("/")[2] not in config or key.partition("/")[2] in plain:
            del texts[key]
    for name in lettered:
        if isinstance(config.get(name), str):
            _write_text(texts, f"{data['id']}/{name}", config[name])


def _write_edges(edges: Map[Any], definition: Definition) -> None:
    wanted = {}
    for edge in definition.edges:
        stored: JSONDict = {short: getattr(edge, name) for name, short in EDGE_KEYS.items()}
        stored |= {"when": edge.when} if edge.when else {}
        stored |= {"label": edge.label} if edge.label else {}
        wanted[edge.id] = stored
    _replace(edges, wanted, _keys(edges))


def _write_notes(doc: YDoc, definition: Definition) -> None:
    notes, layout, texts = _part(doc, "notes"), _part(doc, "layout"), _part(doc, "text")
    wanted: JSONDict = {note.id: {"colour": note.colour} for note in definition.notes}
    for note in definition.notes:
        if note.group:
            wanted[note.id]["group"] = True
    for gone in [key for key in _keys(notes) if key not in wanted]:
        _forget(layout, texts, gone)
    _replace(notes, wanted, _keys(notes))
    for note in definition.notes:
        _write_text(texts, f"{note.id}/text", note.text)
        _write_place(layout, note.id, {"position": list(note.position), "size": list(note.size)})


def _write_place(layout: Map[Any], key: str, data: JSONDict) -> None:
    position = data.get("position")
    if position is not None:
        _set(layout, key, [*position, *(data.get("size") or [])])


def _write_text(texts: Map[Any], key: str, wanted: str) -> None:
    """Change a text between its common start and end, so that letters typed elsewhere stay."""
    if key not in texts:
        texts[key] = Text(wanted)
        return
    text: Text = texts[key]
    current = str(text)
    start = 0
    while start < min(len(current), len(wanted)) and current[start] == wanted[start]:
        start += 1
    end = 0
    while end < min(len(current), len(wanted)) - start and current[-1 - end] == wanted[-1 - end]:
        end += 1
    if start < len(current) - end:
        del text[_width(current[:start]) : _width(current[: len(current) - end])]
    if start < len(wanted) - end:
        text.insert(_width(current[:start]), wanted[start : len(wanted) - end])


def _width(text: str) -> int:
    """Return the length in the document's own unit."""
    return len(text.encode())


def _forget(layout: Map[Any], texts: Map[Any], owner: str) -> None:
    if owner in layout:
        del layout[owner]
    for key in [key for key in _keys(texts) if key.startswith(f"{owner}/")]:
        del texts[key]


def _replace(stored: Map[Any], wanted: JSONDict, owned: list[str]) -> None:
    """Set what differs and delete what is owned but no longer wanted."""
    for key in owned:
        if key not in wanted:
            del stored[key]
    for key, value in wanted.items():
        _set(stored, key, value)


def _set(stored: Map[Any], key: str, value: JSON) -> None:
    if key not in stored or normalised(stored[key]) != normalised(value):
        stored[key] = value

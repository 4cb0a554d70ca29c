"""The draft as a Y document, and its JSON.

    meta    schema, name, description, settings.<key>
    nodes   <id> -> map: type, type_version, title, ... and c:<parameter> for each of the config
    text    <id>/<parameter> -> text that people edit together: prompts, code, notes; <id>/notes
            are those of a step, which older drafts have in its map
    layout  <id> -> [x, y] or [x, y, width, height]
    edges   <source>:<port>><target>:<port> -> {s, sp, t, tp, label?, when?}
    notes   <id> -> {colour, group?}; their words are in `text`, their place in `layout`
    doc     the runbook, an XML fragment (`runbook/`), which the definition says nothing of

The document is the truth and JSON is derived from it; `tests/workflows/test_document.py` holds the
two to a round trip. Edges without both ends are ignored: somebody deleted a node while somebody
else connected it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from pycrdt import Doc, Map, Text, get_update, merge_updates
from pydantic import BaseModel

from apps.common.types import JSON, JSONDict
from apps.nodes import registry
from apps.workflows.definition import Definition, normalised
from apps.workflows.exceptions import BadUpdate
from apps.workflows.known import orphans_of
from apps.workflows.runbook import tree
from apps.workflows.wire import Contents, check_state_vector, check_update, without

PARTS = ("meta", "nodes", "text", "layout", "edges", "notes")
NODE_KEYS = (
    "type", "type_version", "title", "notes", "parent", "disabled", "join", "retry", "undo",
    "timeout_s",
    "on_error", "default_output", "cache_ttl_s", "data_classes",
)  # fmt: skip
EDGE_KEYS = {"source": "s", "source_port": "sp", "target": "t", "target_port": "tp"}
CONFIG, NOTES = "c:", "notes"
DETAILS = ("name", "description")
EMPTY = b"\x00\x00"

YDoc = Doc[Any]


def load(updates: Sequence[bytes]) -> YDoc:
    """Return the document that the updates make, in whatever order they are."""
    whole = merged(updates)
    try:
        return _built(whole)
    except RuntimeError:  # something claims to lie where nothing can lie: browsers drop that
        return _built(without(whole, orphans_of(check_update(whole, closely=True))))


def _built(whole: bytes) -> YDoc:
    doc: YDoc = Doc()
    for part in PARTS:
        doc.get(part, type=Map)
    tree.fragment_of(doc)
    doc.apply_update(whole)
    return doc


def merged(updates: Sequence[bytes]) -> bytes:
    """Return one update that says what all of them say.

    The library applies updates one by one rightly only if none comes before what it builds on;
    merging them is right in any order (`tests/workflows/test_order.py`).
    """
    if len(updates) < 2:
        return updates[0] if updates else EMPTY
    return merge_updates(*updates)


def is_complete(doc: YDoc, contents: Contents) -> bool:
    """Tell whether the document holds all that was brought: nothing waits for what is missing."""
    clocks = check_state_vector(doc.get_state())
    spans = [*contents.brought, *contents.deleted]
    return all(clocks.get(client, 0) >= end for client, _, end in spans)


def examine(update: bytes) -> Contents:
    """Return what a client's update says. Raises BadUpdate unless it is one that can be merged."""
    contents = check_update(update)
    try:
        merge_updates(update, EMPTY)
    except (ValueError, TypeError, RuntimeError) as error:
        raise BadUpdate(f"The update cannot be read: {error}.") from error
    return contents


def read(doc: YDoc) -> JSONDict:
    """Return the definition's JSON. Raises BadUpdate if the document cannot be one."""
    try:
        return _read(doc)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadUpdate("The update does not leave a workflow's document.") from error


def read_details(doc: YDoc) -> dict[str, str]:
    """Return the name and description that the document carries, so far as it does."""
    meta = part_of(doc, "meta").to_py() or {}
    found = {key: meta.get(key) for key in DETAILS}
    return {key: value for key, value in found.items() if isinstance(value, str)}


def write_details(doc: YDoc, details: dict[str, str]) -> bytes:
    """Set name and description in the document; return the operations."""
    with operations(doc) as done, doc.transaction():
        for key, value in details.items():
            _set(part_of(doc, "meta"), key, value)
    return merged(done)


def missing(whole: bytes, state_vector: bytes | None) -> bytes:
    """Return what of an update a client with this state lacks. Raises BadUpdate.

    It is cut out of the bytes: a document of the library, written out again, is another one where
    somebody halved an emoji, and browsers cannot read it then (`tests/workflows/test_halves.py`).
    """
    if not state_vector:
        return whole
    check_state_vector(state_vector)
    return get_update(whole, state_vector)


@contextmanager
def operations(doc: YDoc) -> Iterator[list[bytes]]:
    """Collect what is done to the document while the block runs, as updates."""
    done: list[bytes] = []
    subscription = doc.observe(lambda event: done.append(event.update))
    try:
        yield done
    finally:
        doc.unobserve(subscription)


def write(doc: YDoc, definition: Definition) -> bytes:
    """Change the document into the definition by as few operations as possible; return them.

    What did not change is left alone, so that other people's edits in flight survive.
    """
    with operations(doc) as done, doc.transaction():
        _write_meta(part_of(doc, "meta"), definition)
        _write_nodes(doc, definition)
        _write_edges(part_of(doc, "edges"), definition)
        _write_notes(doc, definition)
    return merged(done)


def read_runbook(doc: YDoc) -> JSONDict:
    """Return the runbook, so far as it is one."""
    return tree.read(doc)


def write_runbook(doc: YDoc, runbook: JSONDict) -> bytes:
    """Put a runbook into a document that has none; return the operations."""
    with operations(doc) as done, doc.transaction():
        tree.write(doc, runbook)
    return merged(done)


def text_parameters(type_name: str) -> frozenset[str]:
    """Return the parameters of a node type that are edited together by the letter."""
    with suppress(registry.UnknownNodeType):
        return _texts_of(registry.find(type_name).config)
    return frozenset()


@cache
def _texts_of(config: type[BaseModel]) -> frozenset[str]:
    properties = config.model_json_schema().get("properties", {})
    return frozenset(name for name, each in properties.items() if each.get("x-text"))


def part_of(doc: YDoc, name: str) -> Map[Any]:
    """Return one of the document's parts."""
    part: Map[Any] = doc.get(name, type=Map)
    return part


def _keys(part: Map[Any]) -> list[str]:
    """Return the keys as they are now: the map changes while they are walked."""
    return list(part.keys())


def _read(doc: YDoc) -> JSONDict:
    meta = part_of(doc, "meta").to_py() or {}
    nodes = part_of(doc, "nodes").to_py() or {}
    texts = part_of(doc, "text").to_py() or {}
    layout = part_of(doc, "layout").to_py() or {}
    edges = part_of(doc, "edges").to_py() or {}
    notes = part_of(doc, "notes").to_py() or {}
    by_owner: dict[str, dict[str, str]] = {}
    for key in sorted(texts):
        owner, _, parameter = key.partition("/")
        by_owner.setdefault(owner, {})[parameter] = str(texts[key])
    return {
        "schema": 1,
        "nodes": [
            read_node(id_, nodes[id_], by_owner.get(id_, {}), layout.get(id_))
            for id_ in sorted(nodes)
        ],
        "edges": [
            read_edge(edges[key])
            for key in sorted(edges)
            if edges[key]["s"] in nodes and edges[key]["t"] in nodes
        ],
        "notes": [
            read_note(id_, notes[id_], by_owner.get(id_, {}), layout.get(id_))
            for id_ in sorted(notes)
        ],
        "settings": {
            key.removeprefix("settings."): normalised(value)
            for key, value in sorted(meta.items())
            if key.startswith("settings.")
        },
    }


def read_node(node_id: str, stored: JSONDict, texts: dict[str, str], place: Any) -> JSONDict:
    """Return a node's JSON."""
    config = {
        key[len(CONFIG) :]: normalised(stored[key])
        for key in sorted(stored)
        if key.startswith(CONFIG)
    }
    node: JSONDict = {"id": node_id, "type": stored["type"]}
    own = stored | ({NOTES: texts[NOTES] or None} if NOTES in texts else {})
    node |= {key: normalised(own[key]) for key in NODE_KEYS if own.get(key) is not None}
    node["config"] = config | {name: text for name, text in texts.items() if name != NOTES}
    node |= read_place(place)
    return node


def read_note(note_id: str, stored: JSONDict, texts: dict[str, str], place: Any) -> JSONDict:
    """Return a note's JSON."""
    return {
        "id": note_id,
        "colour": stored.get("colour", "yellow"),
        **({"group": True} if stored.get("group") is True else {}),
        "text": texts.get("text", ""),
        **read_place(place),
    }


def read_place(place: Any) -> JSONDict:
    """Return position and size, so far as there are any."""
    if not place:
        return {}
    numbers = normalised(list(place))
    size = {"size": numbers[2:4]} if len(numbers) == 4 else {}
    return {"position": numbers[:2], **size}


def read_edge(stored: JSONDict) -> JSONDict:
    """Return an edge's JSON."""
    edge = {name: stored[short] for name, short in EDGE_KEYS.items()}
    return edge | {"when": stored.get("when"), "label": stored.get("label", "")}


def _write_meta(meta: Map[Any], definition: Definition) -> None:
    _set(meta, "schema", 1)
    wanted = {f"settings.{key}": value for key, value in definition.settings.items()}
    _replace(meta, wanted, [key for key in _keys(meta) if key.startswith("settings.")])


def _write_nodes(doc: YDoc, definition: Definition) -> None:
    nodes, layout, texts = part_of(doc, "nodes"), part_of(doc, "layout"), part_of(doc, "text")
    kept = {node.id for node in definition.nodes}
    for gone in [key for key in _keys(nodes) if key not in kept]:
        del nodes[gone]
        _forget(layout, texts, gone)
    for data in definition.as_json()["nodes"]:
        node_id = data["id"]
        if node_id not in nodes:
            nodes[node_id] = Map({"type": data["type"]})
            texts[f"{node_id}/{NOTES}"] = Text("")  # two people making it would lose a text
        _write_node(nodes[node_id], texts, data)
        _write_place(layout, node_id, data)


def _write_node(stored: Map[Any], texts: Map[Any], data: JSONDict) -> None:
    lettered = text_parameters(data["type"])
    config = data.get("config", {})
    wanted = {key: data[key] for key in NODE_KEYS if key != NOTES and data.get(key) is not None}
    plain = {k: v for k, v in config.items() if not (k in lettered and isinstance(v, str))}
    wanted |= {CONFIG + key: value for key, value in plain.items()}
    _replace(stored, wanted, [key for key in _keys(stored) if key != NOTES])
    for key in [key for key in _keys(texts) if key.startswith(f"{data['id']}/")]:
        name = key.partition("/")[2]
        if name != NOTES and (name not in config or name in plain):
            del texts[key]
    _write_notes_of(stored, texts, data)
    for name in lettered:
        if isinstance(config.get(name), str):
            _write_text(texts, f"{data['id']}/{name}", config[name])


def _write_notes_of(stored: Map[Any], texts: Map[Any], data: JSONDict) -> None:
    """Write the notes of a step; those of an older draft stay where they are until they change."""
    key, wanted = f"{data['id']}/{NOTES}", data.get(NOTES) or ""
    before = stored.get(NOTES)
    if key in texts or wanted != (before or ""):
        _write_text(texts, key, wanted)
        if before is not None:
            del stored[NOTES]


def _write_edges(edges: Map[Any], definition: Definition) -> None:
    wanted = {}
    for edge in definition.edges:
        stored: JSONDict = {short: getattr(edge, name) for name, short in EDGE_KEYS.items()}
        stored |= {"when": edge.when} if edge.when else {}
        stored |= {"label": edge.label} if edge.label else {}
        wanted[edge.id] = stored
    _replace(edges, wanted, _keys(edges))


def _write_notes(doc: YDoc, definition: Definition) -> None:
    notes, layout, texts = part_of(doc, "notes"), part_of(doc, "layout"), part_of(doc, "text")
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

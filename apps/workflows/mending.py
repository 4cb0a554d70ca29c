"""Takes out of a document what no workflow can hold.

Whoever saves over HTTP is refused such a change before it counts. In a live room updates are
relayed as bytes and the document is looked at later, so there it is put right afterwards, by
operations that everybody in the room receives too.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from pycrdt import Map, Text
from pydantic import BaseModel, ValidationError

from apps.workflows import document
from apps.workflows.definition import Edge, Node, Note, check_numbers
from apps.workflows.document import CONFIG, NOTES, YDoc, part_of
from apps.workflows.runbook import mending as runbook

MAX_PLACE = 1e7
MAX_NOTE = 20_000
MAX_NOTES = 10_000  # of a step
SETTING = "settings."


def mend(doc: YDoc) -> bytes:
    """Delete what does not fit, as little as possible; return the operations."""
    with document.operations(doc) as done, doc.transaction():
        _keep(part_of(doc, "layout"), lambda _, place: _is_place(place))
        _keep(part_of(doc, "text"), lambda _, text: isinstance(text, Text))
        _keep(part_of(doc, "nodes"), _mend_node)
        _keep(part_of(doc, "edges"), _is_edge)
        _keep(part_of(doc, "notes"), _is_note)
        _keep(part_of(doc, "meta"), _is_detail)
        _shorten_notes(doc)
        runbook.mend(doc)
    return document.merged(done)


def _keep(part: Map[Any], fits: Callable[[str, Any], bool]) -> None:
    for key in list(part.keys()):
        kept = False
        with suppress(KeyError, TypeError, ValueError, AttributeError):
            kept = fits(key, part[key])
        if not kept:
            del part[key]


def _is_place(place: Any) -> bool:
    numbers = list(place)
    return len(numbers) in (2, 4) and all(
        type(each) in (int, float) and abs(each) <= MAX_PLACE for each in numbers
    )


def _mend_node(node_id: str, stored: Map[Any]) -> bool:
    """Delete what is wrong in a node; tell whether the node itself can stay."""
    for key in list(stored.keys()):
        with suppress(ValueError, TypeError):
            check_numbers(_plain(stored[key]))
            continue
        del stored[key]
    wrong = _wrong_keys(Node, document.read_node(node_id, stored.to_py() or {}, {}, None))
    if wrong & {"id", "type"}:
        return False
    for key in wrong & set(stored.keys()):
        del stored[key]
    unknown = [
        key
        for key in stored.keys()  # noqa: SIM118 - a map of the document, which is no dict
        if not key.startswith(CONFIG) and key not in document.NODE_KEYS
    ]
    for key in unknown:
        del stored[key]
    return True


def _is_edge(key: str, stored: Any) -> bool:
    plain = _plain(stored)
    edge = Edge.model_validate(document.read_edge(plain))
    return edge.id == key


def _is_note(key: str, stored: Any) -> bool:
    return not _wrong_keys(Note, document.read_note(key, _plain(stored), {}, None))


def _is_detail(key: str, value: Any) -> bool:
    check_numbers(_plain(value))
    return key.startswith(SETTING) or not isinstance(value, Map | Text)


def _shorten_notes(doc: YDoc) -> None:
    """Cut the words of a note, and the notes of a step, to what they may have."""
    texts = part_of(doc, "text")
    limits = {f"{note_id}/text": MAX_NOTE for note_id in list(part_of(doc, "notes").keys())}
    limits |= {f"{node_id}/{NOTES}": MAX_NOTES for node_id in list(part_of(doc, "nodes").keys())}
    for key, most in limits.items():
        text = texts.get(key)
        if text is not None and len(str(text)) > most:
            kept = str(text)[:most]
            del text[len(kept.encode()) :]


def _wrong_keys(model: type[BaseModel], data: dict[str, Any]) -> set[str]:
    """Return the keys of a part that are not as they must be."""
    try:
        model.model_validate(data)
    except ValidationError as error:
        return {str(each["loc"][0]) for each in error.errors()}
    return set()


def _plain(value: Any) -> Any:
    return value.to_py() if hasattr(value, "to_py") else value

"""What differs between two states of a draft, by step and field, and not what was written there."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import filterfalse
from typing import Any

from apps.workflows import document
from apps.workflows.document import CONFIG, NOTES, PARTS

RUNBOOK = "runbook"
Parts = dict[str, dict[str, Any]]
Detail = tuple[str, str | None, str | None]  # operation, node, field


def parts_of(whole: bytes) -> Parts:
    """Return the parts of a draft as plain values."""
    doc = document.load([whole])
    parts: Parts = {name: _plain(document.part_of(doc, name)) for name in PARTS}
    parts["meta"].pop("schema", None)  # nobody's change
    return parts | {RUNBOOK: {RUNBOOK: document.read_runbook(doc)}}


def _plain(part: Any) -> dict[str, Any]:
    """Return a part as data; what is no data, and will be mended, stands as nothing."""
    found = {}
    for key in list(part.keys()):
        with suppress(ValueError):
            value = part[key]
            found[key] = value.to_py() if hasattr(value, "to_py") else value
    return found


def details(before: Parts, now: Parts) -> Iterator[Detail]:
    """Yield what differs. Of a step that came or went, that it did says everything."""
    for part in ("nodes", "notes"):
        yield from filterfalse(partial(_is_moved, now), _of_things(before[part], now[part]))
    standing = (before["nodes"].keys() & now["nodes"].keys()) | (
        before["notes"].keys() & now["notes"].keys()
    )
    yield from _of(before["text"], now["text"], _text_detail, standing)
    yield from _of(before["layout"], now["layout"], _place_detail, standing)
    yield from _of(before["edges"], now["edges"], _edge_detail)
    yield from _of(before[RUNBOOK], now[RUNBOOK], lambda key, *_: ("edit", None, key))
    yield from _of(before["meta"], now["meta"], lambda key, *_: ("set", None, key))


def _is_moved(now: Parts, detail: Detail) -> bool:
    """Tell whether notes only went from a step's map, where older drafts have them, to a text."""
    operation, node, field = detail
    return (operation, field) == ("clear", NOTES) and f"{node}/{NOTES}" in now["text"]


def _of_things(before: dict[str, Any], now: dict[str, Any]) -> Iterator[Detail]:
    for key in sorted(before.keys() | now.keys()):
        if key not in before or key not in now:
            yield "add" if key in now else "remove", key, None
        elif before[key] != now[key]:
            old, new = _fields(before[key]), _fields(now[key])
            for name in sorted(old.keys() | new.keys()):
                if old.get(name) != new.get(name):
                    yield "set" if name in new else "clear", key, field_of(name)


def _of(
    before: dict[str, Any],
    now: dict[str, Any],
    detail: Callable[[str, Any, Any], Detail],
    standing: Iterable[str] | None = None,
) -> Iterator[Detail]:
    """Yield what changed in a part, of things that stand before and after."""
    for key in sorted(before.keys() | now.keys()):
        old, new = before.get(key), now.get(key)
        if old == new or (standing is not None and key.partition("/")[0] not in standing):
            continue
        yield detail(key, old, new)


def _text_detail(key: str, old: Any, new: Any) -> Detail:
    node, _, parameter = key.partition("/")
    return "edit", node, field_of_text(parameter) if parameter else None


def _place_detail(key: str, old: Any, new: Any) -> Detail:
    return "move", key, None


def _edge_detail(key: str, old: Any, new: Any) -> Detail:
    source = (new or old).get("s") if isinstance(new or old, dict) else None
    operation = "connect" if old is None else "disconnect" if new is None else "set"
    return operation, source, key


def field_of(key: str) -> str:
    """Return what a definition calls a key of a step in the document."""
    return key.replace(CONFIG, "config.", 1) if key.startswith(CONFIG) else key


def field_of_text(parameter: str) -> str:
    """Return what a definition calls a text of a step."""
    return parameter if parameter == NOTES else f"config.{parameter}"


def _fields(stored: Any) -> dict[str, Any]:
    return stored if isinstance(stored, dict) else {}

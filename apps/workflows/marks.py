"""Which values of a workflow are of a class of data: marks at the fields of its steps."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apps.common.types import JSON, JSONDict

START = "core.start"
EACH = "*"
INPUT, OUTPUT = "input", "output"


class Mark(NamedTuple):
    """The path of a value in what a step is given or gives, and its class."""

    path: tuple[str, ...]
    data_class: str


@dataclass(frozen=True)
class Marks:
    """The marks of a definition by their step, and whether it is what that is given or gives."""

    of_steps: dict[tuple[str, str], tuple[Mark, ...]] = field(default_factory=dict)
    start: str = ""  # the step where it begins

    @classmethod
    def of_definition(cls, definition: JSONDict) -> "Marks":
        """Read the marks; what does not have their form is no mark."""
        found: dict[tuple[str, str], list[Mark]] = defaultdict(list)
        start = ""
        for node in definition.get("nodes") or ():
            for place, mark in _of_node(node):
                found[node["id"], place].append(mark)
            if node.get("type") == START and not start:
                start = node["id"]
        return cls({key: tuple(marks) for key, marks in found.items()}, start)

    def __bool__(self) -> bool:
        return bool(self.of_steps)

    def at(self, node: str, place: str) -> tuple[Mark, ...]:
        """Return the marks in what a step is given or gives."""
        return self.of_steps.get((node, place), ())

    @property
    def classes(self) -> set[str]:
        """The classes that are used."""
        return {mark.data_class for marks in self.of_steps.values() for mark in marks}


def found(value: JSON, marks: Iterable[Mark]) -> Iterator[tuple[JSON, str]]:
    """Yield the marked values in something, each with its class."""
    for mark in marks:
        for each in _at(value, mark.path):
            yield each, mark.data_class


def hidden(value: JSON, marks: Iterable[Mark]) -> JSON:
    """Return something with the class in place of what is marked, for who only has to see that it changed."""
    for mark in marks:
        value = _hidden(value, mark.path, f"[{mark.data_class}, withheld]")
    return value


def _hidden(value: Any, path: tuple[str, ...], instead: str) -> JSON:
    if not path:
        return value if value in (None, "") else instead
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {
            key: _hidden(child, rest, instead) if first in (EACH, key) else child
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [
            _hidden(child, rest, instead) if first in (EACH, str(place)) else child
            for place, child in enumerate(value)
        ]
    return value


def _at(value: Any, path: tuple[str, ...]) -> Iterator[JSON]:
    if not path:
        yield value
        return
    first, rest = path[0], path[1:]
    if isinstance(value, dict):
        inside = value.values() if first == EACH else [value[first]] if first in value else []
    elif isinstance(value, list):
        is_place = first.isdigit() and int(first) < len(value)
        inside = value if first == EACH else [value[int(first)]] if is_place else []
    else:
        inside = []
    for each in inside:
        yield from _at(each, rest)


def _of_node(node: JSONDict) -> Iterator[tuple[str, Mark]]:
    for path, data_class in (node.get("data_classes") or {}).items():
        place, *keys = path.split(".")
        yield place, Mark(tuple(keys), data_class)
    if node.get("type") != START:
        return
    for each in (node.get("config") or {}).get("fields") or ():
        if isinstance(each, dict) and each.get("data_class"):
            yield OUTPUT, Mark((str(each.get("name")),), str(each["data_class"]))

"""What differs between two versions of a prompt, line by line as people read it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from apps.common.types import JSONDict


@dataclass(frozen=True)
class Line:
    """A line of both versions, or of one alone: `added`, `removed` or `same`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Section:
    """A part of the versions, such as their second message."""

    title: str
    lines: list[Line]

    @property
    def changed(self) -> bool:
        """Whether anything differs in it."""
        return any(line.kind != "same" for line in self.lines)


def sections(before: JSONDict, after: JSONDict) -> list[Section]:
    """Return the messages of both, one by one, then variables and parameters."""
    found = []
    for place in range(max(len(before["messages"]), len(after["messages"]))):
        old, new = (_message(each, place) for each in (before, after))
        found.append(Section(f"Message {place + 1}", list(_compared(old, new))))
    for name, title in (("variables", "Variables"), ("params", "Parameters")):
        old, new = _listed(before.get(name)), _listed(after.get(name))
        if old or new:
            found.append(Section(title, list(_compared(old, new))))
    return found


def _message(content: JSONDict, place: int) -> list[str]:
    messages = content["messages"]
    if place >= len(messages):
        return []
    return [f"{messages[place]['role']}:", *messages[place]["content"].split("\n")]


def _listed(value: JSONDict | list[JSONDict] | None) -> list[str]:
    if isinstance(value, dict):
        return [f"{name}: {json.dumps(each)}" for name, each in value.items() if each is not None]
    return [_variable(each) for each in value or ()]


def _variable(variable: JSONDict) -> str:
    told = f"{variable['name']}: {variable['type']}"
    told += ", required" if variable["required"] else ", optional"
    if variable["default"] is not None:
        told += f", default {json.dumps(variable['default'], ensure_ascii=False)}"
    return f"{told}, {variable['description']}" if variable["description"] else told


def _compared(old: list[str], new: list[str]) -> Iterator[Line]:
    for kind, start, end, first, last in SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if kind == "equal":
            yield from (Line("same", text) for text in old[start:end])
            continue
        yield from (Line("removed", text) for text in old[start:end])
        yield from (Line("added", text) for text in new[first:last])

"""Feeds: the source by which the sandbox renders many jobs at once, and what became of them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.sandbox.exceptions import CodeFailed
from apps.sandbox.expressions import Expression, Template
from apps.sandbox.values import as_json, as_text, clean


@dataclass(frozen=True)
class Given:
    """Stands for the value that an earlier job of the same feed gives (`Job.gives`)."""

    job: int


@dataclass(frozen=True)
class Job:
    """A JSON value to render, with what its expressions' names mean.

    `templates` maps each text that holds expressions to its parsed form; `names` hold the values
    that are this job's own, `nodes` the outputs of the steps that the expressions name: JSON, or
    Given. `gives` is a value of the same texts that later jobs may use.
    """

    value: JSON
    templates: Mapping[str, Template]
    names: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Any] = field(default_factory=dict)
    gives: JSON = None


@dataclass(frozen=True)
class Rendered:
    """What became of a job: its value, or the error of an expression.

    `gave` is what later jobs of the feed were given; None where that was not plain JSON.
    """

    value: Any
    gave: JSON = None


class Feed:
    """The source of one feed for many jobs."""

    def __init__(self, names: Mapping[str, JSON]) -> None:
        self._names = names
        self._lines = ["_all = []"]
        self._values: list[JSON] = []
        self._places: dict[int, int] = {}
        self._used: set[str] = set()
        self._count = 0

    def add(self, job: Job) -> tuple[list[str], list[Expression]]:
        """Add a job; return the texts that it renders and their expressions."""
        wanted = list(dict.fromkeys(texts(job.value, job.templates)))
        flat = [expression for text in wanted for expression in job.templates[text].expressions]
        used = frozenset().union(*(expression.names for expression in flat))
        self._used |= used
        for name in sorted(used & job.names.keys()):
            self._lines.append(f"{name} = {self._value(job.names[name])}")
        if "nodes" in used:
            listed = (
                f"{name!r}: {{'output': {self._value(value)}}}" for name, value in job.nodes.items()
            )
            self._lines.append(f"nodes = {{{', '.join(listed)}}}")
        self._lines += ["_out = []", "try:", "    pass"]
        self._lines += [f"    _out.append({expression.compiled})" for expression in flat]
        self._lines += ["    _all.append([_out])", "except Exception as _error:"]
        self._lines.append("    _all.append([len(_out), type(_error).__name__, str(_error)])")
        if job.gives is not None:
            given, source = f"_given_{self._count}", _source(job.gives, job.templates, wanted)
            self._lines += ["try:", f"    {given} = {source}", "    _all[-1].append(True)"]
            self._lines += ["except Exception:", f"    {given} = None"]
        self._count += 1
        return wanted, flat

    @property
    def source(self) -> str:
        return "\n".join([*self._lines, "_all"])

    @property
    def inputs(self) -> JSONDict:
        shared = {name: self._names[name] for name in self._used if name in self._names}
        return {**shared, "_values": self._values}

    def _value(self, value: Any) -> str:
        """Return how the source names a value."""
        if isinstance(value, Given):
            return f"_given_{value.job}"
        place = self._places.setdefault(id(value), len(self._values))
        if place == len(self._values):
            self._values.append(value)
        return f"_values[{place}]"


def outcome(job: Job, wanted: list[str], flat: list[Expression], out: list[Any]) -> Rendered:
    if isinstance(out[0], int):
        return Rendered(CodeFailed(out[1], f"{clean(out[2])} in {{{{ {flat[out[0]].source} }}}}"))
    try:
        values = [as_json(value) for value in out[0]]
    except CodeFailed as error:
        return Rendered(error)
    value = filled(job.value, job.templates, wanted, values)
    # What became JSON only here, such as a tuple, was something else for the later jobs.
    is_known = len(out) == 2 and values == out[0]
    return Rendered(value, filled(job.gives, job.templates, wanted, values) if is_known else None)


def _source(value: JSON, templates: Mapping[str, Template], wanted: list[str]) -> str:
    """Return Python that makes a value out of the results of its texts' expressions."""
    if isinstance(value, str) and value in templates:
        return _source_of_text(value, templates, wanted)
    if isinstance(value, dict):
        made = (f"{key!r}: {_source(child, templates, wanted)}" for key, child in value.items())
        return f"{{{', '.join(made)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_source(child, templates, wanted) for child in value)}]"
    return repr(value)


def _source_of_text(text: str, templates: Mapping[str, Template], wanted: list[str]) -> str:
    before = wanted[: wanted.index(text)]
    place = sum(len(templates[each].expressions) for each in before)
    template = templates[text]
    if template.is_single:
        return f"_out[{place}]"
    parts = []
    for part in template.parts:
        parts.append(repr(part) if isinstance(part, str) else f"_text(_out[{place}])")
        place += not isinstance(part, str)
    return f"''.join([{', '.join(parts)}])"


def filled(
    value: JSON, templates: Mapping[str, Template], wanted: list[str], values: list[JSON]
) -> JSON:
    """Return the value with its templated texts replaced."""
    left = iter(values)
    return _replace(value, {text: _join(templates[text], left) for text in wanted})


def texts(value: JSON, templates: Mapping[str, Template]) -> Iterator[str]:
    """Yield the texts in a JSON value that hold expressions."""
    if isinstance(value, str):
        if value in templates:
            yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from texts(child, templates)
    elif isinstance(value, list):
        for child in value:
            yield from texts(child, templates)


def _join(template: Template, values: Iterator[JSON]) -> JSON:
    if template.is_single:
        return next(values)
    return "".join(
        part if isinstance(part, str) else as_text(next(values)) for part in template.parts
    )


def _replace(value: JSON, results: Mapping[str, JSON]) -> JSON:
    if isinstance(value, str):
        return results.get(value, value)
    if isinstance(value, dict):
        return {key: _replace(child, results) for key, child in value.items()}
    if isinstance(value, list):
        return [_replace(child, results) for child in value]
    return value

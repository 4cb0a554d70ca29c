"""Feeds: the source by which the sandbox renders many jobs at once, and what became of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.sandbox.exceptions import CodeFailed
from apps.sandbox.expressions import Expression, Template
from apps.sandbox.plain import MOST, NotPlain, Plain, taken
from apps.sandbox.values import as_json, as_text, clean


@dataclass(frozen=True)
class Given:
    """Stands for the value that an earlier job of the same feed gives (`Form.gives`)."""

    job: int


@dataclass(frozen=True)
class Form:
    """A JSON value whose texts hold expressions, and what is known of it before any value is.

    `templates` maps each text that holds expressions to its parsed form. `gives` is a value of the
    same texts that later jobs may use.
    """

    value: JSON
    templates: Mapping[str, Template]
    gives: JSON = None

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The texts that hold expressions, each once."""
        return tuple(dict.fromkeys(texts(self.value, self.templates)))

    @cached_property
    def expressions(self) -> tuple[Expression, ...]:
        """The expressions of these texts in order."""
        return tuple(e for text in self.texts for e in self.templates[text].expressions)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the expressions use."""
        return frozenset().union(*(each.names for each in self.expressions))

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """The steps that the expressions name."""
        return tuple(sorted({name for each in self.expressions for name in each.nodes}))

    @cached_property
    def plain(self) -> tuple[Plain, ...] | None:
        """What answers the expressions without the sandbox; None where one of them needs it."""
        found = tuple(each.plain for each in self.expressions if each.plain is not None)
        return found if len(found) == len(self.expressions) else None

    def filled(self, values: Sequence[JSON]) -> JSON:
        """Return the value with the results of its expressions in it."""
        return _replace(self.value, self._results(values))

    def given(self, values: Sequence[JSON]) -> JSON:
        """Return what later jobs may use."""
        return _replace(self.gives, self._results(values))

    def _results(self, values: Sequence[JSON]) -> JSONDict:
        left = iter(values)
        return {text: _join(self.templates[text], left) for text in self.texts}


@dataclass(frozen=True)
class Job:
    """A form to render, with what its expressions' names mean.

    `names` hold the values that are this job's own, `nodes` the outputs of the steps that the
    expressions name: JSON, or Given.
    """

    form: Form
    names: Mapping[str, Any] = field(default_factory=dict)
    nodes: Mapping[str, Any] = field(default_factory=dict)


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

    def add(self, job: Job) -> None:
        """Add a job."""
        form = job.form
        self._used |= form.names
        for name in sorted(form.names & job.names.keys()):
            self._lines.append(f"{name} = {self._value(job.names[name])}")
        if "nodes" in form.names:
            listed = (
                f"{name!r}: {{'output': {self._value(value)}}}" for name, value in job.nodes.items()
            )
            self._lines.append(f"nodes = {{{', '.join(listed)}}}")
        self._lines += ["_out = []", "try:", "    pass"]
        self._lines += [f"    _out.append({each.compiled})" for each in form.expressions]
        self._lines += ["    _all.append([_out])", "except Exception as _error:"]
        self._lines.append("    _all.append([len(_out), type(_error).__name__, str(_error)])")
        if form.gives is not None:
            given, source = f"_given_{self._count}", _source(form.gives, form)
            self._lines += ["try:", f"    {given} = {source}", "    _all[-1].append(True)"]
            self._lines += ["except Exception:", f"    {given} = None"]
        self._count += 1

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


def outcome(form: Form, out: list[Any]) -> Rendered:
    """Return what became of a job of this form, from what the feed gave for it."""
    if isinstance(out[0], int):
        source = form.expressions[out[0]].source
        return Rendered(CodeFailed(out[1], f"{clean(out[2])} in {{{{ {source} }}}}"))
    try:
        values = [as_json(value) for value in out[0]]
    except CodeFailed as error:
        return Rendered(error)
    # What became JSON only here, such as a tuple, was something else for the later jobs.
    is_known = len(out) == 2 and values == out[0]
    return Rendered(form.filled(values), form.given(values) if is_known else None)


def answered(job: Job, names: Mapping[str, JSON]) -> Rendered | None:
    """Return what becomes of a job that needs no sandbox; None where it needs one."""
    plain = job.form.plain
    if plain is None:
        return None
    if not plain:
        return Rendered(job.form.value, job.form.gives)
    nodes = {name: {"output": value} for name, value in job.nodes.items()}
    known = {**names, **job.names, "nodes": nodes}
    values, room = [], MOST
    try:
        for answer in plain:
            value, room = taken(answer(known), room)
            values.append(value)
    except (NotPlain, RecursionError):
        return None
    return Rendered(job.form.filled(values))


def _source(value: JSON, form: Form) -> str:
    """Return Python that makes a value out of the results of its form's expressions."""
    if isinstance(value, str) and value in form.templates:
        return _source_of_text(value, form)
    if isinstance(value, dict):
        made = (f"{key!r}: {_source(child, form)}" for key, child in value.items())
        return f"{{{', '.join(made)}}}"
    if isinstance(value, list):
        return f"[{', '.join(_source(child, form) for child in value)}]"
    return repr(value)


def _source_of_text(text: str, form: Form) -> str:
    before = form.texts[: form.texts.index(text)]
    place = sum(len(form.templates[each].expressions) for each in before)
    template = form.templates[text]
    if template.is_single:
        return f"_out[{place}]"
    parts = []
    for part in template.parts:
        parts.append(repr(part) if isinstance(part, str) else f"_text(_out[{place}])")
        place += not isinstance(part, str)
    return f"''.join([{', '.join(parts)}])"


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

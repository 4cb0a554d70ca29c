"""Running tenant code: expressions of a segment, and code steps."""

import json
import math
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pydantic_monty import (
    CollectString,
    MontyConversionError,
    MontyCrashedError,
    MontyError,
    MontyRuntimeError,
    MontySession,
    MontySyntaxError,
)

from apps.common.types import JSON, JSONDict
from apps.sandbox import pool
from apps.sandbox.exceptions import CodeFailed, LimitExceeded
from apps.sandbox.expressions import Expression, Template

MAX_OUTPUT = 1 << 20
MAX_PRINTED = 64 << 10
MAX_DIGITS = 400
STOPPED = {
    "TimeoutError": "The code ran into its time limit and was stopped.",
    "MemoryError": "The code ran into its memory limit and was stopped.",
    "RecursionError": "The code called itself too deeply and was stopped.",
}

# Defined in each session before the first feed. Errors name what there is.
PRELUDE = """
import json
def _at(value, key):
    if type(value) is dict:
        if key in value:
            return value[key]
        raise KeyError("there is no " + repr(key) + "; there is: " + (", ".join(sorted(str(k) for k in value)[:30]) or "nothing"))
    if type(value) in (list, tuple, str) and type(key) is int:
        if -len(value) <= key < len(value):
            return value[key]
        raise IndexError("there is no place " + str(key) + " in " + str(len(value)) + " items")
    if value is None:
        raise TypeError("the value before " + repr(key) + " is empty")
    raise TypeError("a " + type(value).__name__ + " has no " + repr(key))
def to_json(value):
    return json.dumps(value)
def from_json(text):
    return json.loads(text)
"""


@dataclass(frozen=True)
class CodeResult:
    """What a code step gave: the value of its last expression and what it printed."""

    value: JSON
    printed: str


@dataclass(frozen=True)
class Job:
    """A JSON value to render, with what its expressions' names mean.

    `templates` maps each text that holds expressions to its parsed form; `names` hold the values
    that are this job's own, `nodes` the outputs of the steps that the expressions name.
    """

    value: JSON
    templates: Mapping[str, Template]
    names: Mapping[str, JSON] = field(default_factory=dict)
    nodes: Mapping[str, JSON] = field(default_factory=dict)


class Segment:
    """One session for the expressions of one fused segment; it never outlives the segment."""

    def __init__(self, session: MontySession) -> None:
        self._session = session
        _feed(session, PRELUDE, {})

    def evaluate(self, expressions: Sequence[Expression], names: Mapping[str, JSON]) -> list[JSON]:
        """Return the values of expressions, all in one feed.

        `names` are the values of the names they use. Raises CodeFailed of the first that fails,
        its message led by the expression's own text.
        """
        if not expressions:
            return []
        lines = ["_out, _at_index = [], 0"]
        for index, expression in enumerate(expressions):
            lines.append(f"_at_index = {index}")
            lines.append(f"_out.append({expression.compiled})")
        source = "try:\n" + "".join(f"    {line}\n" for line in lines)
        source += "except Exception as _error:\n    _out = [_at_index, type(_error).__name__, str(_error)]\n"
        source += "    _at_index = -1\n[_at_index, _out]"
        used = frozenset().union(*(expression.names for expression in expressions))
        index, out = _feed(
            self._session, source, {name: names[name] for name in used if name in names}
        )
        if index == -1:
            raise CodeFailed(out[1], f"{_clean(out[2])} in {{{{ {expressions[out[0]].source} }}}}")
        return [as_json(value) for value in out]

    def render(
        self, value: JSON, templates: Mapping[str, Template], names: Mapping[str, JSON]
    ) -> JSON:
        """Return a JSON value with every templated text replaced by its value.

        `templates` maps each text that holds expressions to its parsed form.
        """
        wanted = list(dict.fromkeys(texts(value, templates)))
        flat = [expression for text in wanted for expression in templates[text].expressions]
        return _filled(value, templates, wanted, self.evaluate(flat, names))

    def render_all(self, jobs: Sequence[Job], names: Mapping[str, JSON]) -> list[JSON | CodeFailed]:
        """Return the values of many jobs, made in one feed; one that fails gives its error.

        Raises CodeFailed where the feed as a whole failed, as at a limit. `names` mean the same in
        all jobs; each different value goes to the sandbox once, however many jobs use it.
        """
        feed = _Feed(names)
        made = [feed.add(job) for job in jobs]
        outs = _feed(self._session, feed.source, feed.inputs)
        return [_outcome(job, *each, out) for job, each, out in zip(jobs, made, outs, strict=True)]


class _Feed:
    """The source of one feed for many jobs."""

    def __init__(self, names: Mapping[str, JSON]) -> None:
        self._names = names
        self._lines = ["_all = []"]
        self._values: list[JSON] = []
        self._places: dict[int, int] = {}
        self._used: set[str] = set()

    def add(self, job: Job) -> tuple[list[str], list[Expression]]:
        """Add a job; return the texts that it renders and their expressions."""
        wanted = list(dict.fromkeys(texts(job.value, job.templates)))
        flat = [expression for text in wanted for expression in job.templates[text].expressions]
        used = frozenset().union(*(expression.names for expression in flat))
        self._used |= used
        for name in sorted(used & job.names.keys()):
            self._lines.append(f"{name} = _values[{self._place(job.names[name])}]")
        if "nodes" in used:
            listed = (
                f"{name!r}: {{'output': _values[{self._place(value)}]}}"
                for name, value in job.nodes.items()
            )
            self._lines.append(f"nodes = {{{', '.join(listed)}}}")
        self._lines += ["_out = []", "try:", "    pass"]
        self._lines += [f"    _out.append({expression.compiled})" for expression in flat]
        self._lines += ["    _all.append([_out])", "except Exception as _error:"]
        self._lines.append("    _all.append([len(_out), type(_error).__name__, str(_error)])")
        return wanted, flat

    @property
    def source(self) -> str:
        return "\n".join([*self._lines, "_all"])

    @property
    def inputs(self) -> JSONDict:
        shared = {name: self._names[name] for name in self._used if name in self._names}
        return {**shared, "_values": self._values}

    def _place(self, value: JSON) -> int:
        place = self._places.setdefault(id(value), len(self._values))
        if place == len(self._values):
            self._values.append(value)
        return place


def _outcome(
    job: Job, wanted: list[str], flat: list[Expression], out: list[Any]
) -> JSON | CodeFailed:
    if len(out) == 3:
        return CodeFailed(out[1], f"{_clean(out[2])} in {{{{ {flat[out[0]].source} }}}}")
    try:
        return _filled(job.value, job.templates, wanted, [as_json(value) for value in out[0]])
    except CodeFailed as error:
        return error


def _filled(
    value: JSON, templates: Mapping[str, Template], wanted: list[str], values: list[JSON]
) -> JSON:
    """Return the value with its templated texts replaced."""
    left = iter(values)
    return _replace(value, {text: _join(templates[text], left) for text in wanted})


@contextmanager
def segment(tenant: str) -> Iterator[Segment]:
    """Open a session for a segment of a tenant's run."""
    with pool.expression_session(tenant) as session:
        yield Segment(session)


class Stop:
    """A way to end a code step early: its worker process is killed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pid: int | None = None
        self.asked = False

    def now(self) -> None:
        """Kill the worker, or keep it from starting; the code step then raises LimitExceeded."""
        with self._lock:
            self.asked = True
            if self._pid is not None:
                os.kill(self._pid, signal.SIGKILL)

    @contextmanager
    def watching(self, session: MontySession) -> Iterator[None]:
        """Let `now` reach the worker of this session, and no later owner of its number."""
        with self._lock:
            if self.asked:
                raise LimitExceeded("Stopped", "The code was stopped before it began.")
            self._pid = session.worker_pid
        try:
            yield
        finally:
            with self._lock:
                self._pid = None


def run_code(
    source: str,
    inputs: JSONDict,
    *,
    limits: pool.Limits = pool.CODE_LIMITS,
    stop: Stop | None = None,
) -> CodeResult:
    """Run a code step; its inputs are names, the value of its last expression is the output.

    Raises CodeFailed with the line, LimitExceeded at a limit or when it is stopped.
    """
    printed = CollectString(MAX_PRINTED)
    with pool.code_session(limits) as session, (stop or Stop()).watching(session):
        value = as_json(_feed(session, source, {**inputs, "inputs": inputs}, printed))
    if len(json.dumps(value)) > MAX_OUTPUT:
        raise LimitExceeded(
            "OutputTooLarge", f"The output is larger than {MAX_OUTPUT // 1024} KiB."
        )
    return CodeResult(value, printed.output)


def as_json(value: Any) -> JSON:
    """Return a sandbox value as plain JSON. Raises CodeFailed for what JSON cannot hold."""
    match value:
        case None | bool() | str():
            return value
        case int() if abs(value) < 10**MAX_DIGITS:
            return int(value)
        case float() if math.isfinite(value):
            return float(value)
        case list() | tuple():
            return [as_json(item) for item in value]
        case dict():
            return {_key(key): as_json(item) for key, item in value.items()}
        case set() | frozenset():
            return sorted((as_json(item) for item in value), key=str)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise CodeFailed("ValueError", f"a {type(value).__name__} cannot be used as data")


def as_text(value: JSON) -> str:
    """Return a value as it appears inside a longer text."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(value, ensure_ascii=False)


def _feed(
    session: MontySession, source: str, inputs: JSONDict, printed: CollectString | None = None
) -> Any:
    try:
        return session.feed_run(
            source, inputs=inputs, print_callback=printed or CollectString(MAX_PRINTED)
        )
    except MontyCrashedError as error:
        raise LimitExceeded("Stopped", "The code used more memory or time than allowed.") from error
    except (MontyRuntimeError, MontySyntaxError) as error:
        raise _failure(error) from error
    except MontyConversionError as error:
        raise CodeFailed("ValueError", str(error)) from error
    except MontyError as error:
        raise CodeFailed("Error", _clean(str(error))) from error


def _failure(error: MontyRuntimeError | MontySyntaxError) -> CodeFailed:
    kind = type(error.exception()).__name__
    frames = error.traceback()
    line = frames[-1].line if frames else None
    message = _clean(error.display("msg"))
    if kind in STOPPED and "limit" in message:
        return LimitExceeded(kind, STOPPED[kind], line=line)
    return CodeFailed(kind, message, line=line)


def _clean(message: str) -> str:
    """Shorten a message and take the quotes off that a KeyError puts around its text."""
    text = message.replace("\x00", "").strip()
    if len(text) > 2 and text[0] == text[-1] == '"':
        text = text[1:-1]
    return text[:500]


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, int | float | bool):
        return json.dumps(key)
    raise CodeFailed("ValueError", f"a {type(key).__name__} cannot be a key of data")


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

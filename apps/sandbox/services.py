"""Running tenant code: expressions of a segment, and code steps."""

import json
import os
import signal
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
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
from apps.sandbox.feeds import Feed, Form, Job, Rendered, outcome
from apps.sandbox.usage import Usage, usage_of
from apps.sandbox.values import as_json, clean

MAX_OUTPUT = 1 << 20
MAX_PRINTED = 64 << 10
STOPPED = {
    "TimeoutError": "The code ran into its time limit and was stopped.",
    "MemoryError": "The code ran into its memory limit and was stopped.",
    "RecursionError": "The code called itself too deeply and was stopped.",
}

# Defined in each session by its first feed. Errors name what there is.
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
def _text(value):
    if type(value) is str:
        return value
    if value is None:
        return ""
    if type(value) is int:
        return str(value)
    if type(value) is bool:
        return "true" if value else "false"
    raise TypeError("written elsewhere")
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


class Segment:
    """One session for the expressions of one fused segment; it never outlives the segment."""

    def __init__(self, session: MontySession) -> None:
        self._session = session
        self._prelude = PRELUDE

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
        index, out = self._fed(source, {name: names[name] for name in used if name in names})
        if index == -1:
            raise CodeFailed(out[1], f"{clean(out[2])} in {{{{ {expressions[out[0]].source} }}}}")
        return [as_json(value) for value in out]

    def render(
        self, value: JSON, templates: Mapping[str, Template], names: Mapping[str, JSON]
    ) -> JSON:
        """Return a JSON value with every templated text replaced by its value.

        `templates` maps each text that holds expressions to its parsed form.
        """
        form = Form(value, templates)
        return form.filled(self.evaluate(form.expressions, names))

    def render_all(self, jobs: Sequence[Job], names: Mapping[str, JSON]) -> list[Rendered]:
        """Render many jobs in one feed.

        Raises CodeFailed where the feed as a whole failed, as at a limit. `names` mean the same in
        all jobs; each different value goes to the sandbox once, however many jobs use it.
        """
        feed = Feed(names)
        for job in jobs:
            feed.add(job)
        outs = self._fed(feed.source, feed.inputs)
        return [outcome(job.form, out) for job, out in zip(jobs, outs, strict=True)]

    def _fed(self, source: str, inputs: JSONDict) -> Any:
        """Feed the session; what it cannot do without comes with the first, which spares a trip."""
        given = _feed(self._session, self._prelude + source, inputs)
        self._prelude = ""
        return given


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
    used: Usage | None = None,
) -> CodeResult:
    """Run a code step; its inputs are names, the value of its last expression is the output.

    What its worker took is added to `used`, also where the code fails. Raises CodeFailed with the
    line, LimitExceeded at a limit or when it is stopped.
    """
    printed = CollectString(MAX_PRINTED)
    with pool.code_session(limits) as session, (stop or Stop()).watching(session):
        pid = session.worker_pid
        try:
            value = as_json(_feed(session, source, {**inputs, "inputs": inputs}, printed))
        finally:
            if used is not None and pid is not None:
                used.add(usage_of(pid))  # nobody else uses this worker, before or after
    if len(json.dumps(value)) > MAX_OUTPUT:
        raise LimitExceeded(
            "OutputTooLarge", f"The output is larger than {MAX_OUTPUT // 1024} KiB."
        )
    return CodeResult(value, printed.output)


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
        raise CodeFailed("Error", clean(str(error))) from error


def _failure(error: MontyRuntimeError | MontySyntaxError) -> CodeFailed:
    kind = type(error.exception()).__name__
    frames = error.traceback()
    line = frames[-1].line if frames else None
    message = clean(error.display("msg"))
    if kind in STOPPED and "limit" in message:
        return LimitExceeded(kind, STOPPED[kind], line=line)
    return CodeFailed(kind, message, line=line)

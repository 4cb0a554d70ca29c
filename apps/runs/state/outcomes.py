"""How an attempt at a step ended, in a form that can be stored."""

import json
import logging
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ValidationError

from apps.classification.veil import column, is_sealed, words
from apps.common.ids import uuid7
from apps.common.types import JSON, JSONDict
from apps.files.exceptions import BlobUnusable, StorageAway
from apps.nodes.base import NodeError, Routed, Spawn, Suspend
from apps.runs.state.course import Spot
from apps.runs.state.payloads import INLINE, Kept, beginning, keep
from apps.sandbox.exceptions import CodeFailed, LimitExceeded
from apps.sandbox.usage import Usage

logger = logging.getLogger(__name__)

MAX_OUTPUT = 32 << 20
PREVIEW = 200
FORBIDDEN = re.compile(r"\\u(0000|d[89a-f])")  # in JSON of plain letters


@dataclass(frozen=True)
class Done:
    """A step gave its output and is left by a port; the empty one is every port but `error`."""

    output: JSON
    port: str = ""
    size: int = 0  # at least that of its JSON
    kept: Kept | None = None  # how a large output is held

    def held(self) -> Kept:
        """Return the output as its row holds it."""
        return self.kept or Kept(column(self.output))


@dataclass(frozen=True)
class Failure:
    """A step failed, for a reason that its author can read."""

    code: str
    message: str
    hint: str = ""
    retryable: bool = False
    retry_after: float | None = None

    def as_json(self) -> JSONDict:
        """Return what is stored and shown of it."""
        told: JSONDict = {"code": self.code, "message": words(self.message), "hint": self.hint}
        return dict(storable(told)[0])  # a target's own words are often in the message


Verdict = Done | Failure | Suspend | Spawn


@dataclass(frozen=True)
class Outcome:
    """The end of one attempt, with what it cost and printed."""

    spot: Spot
    verdict: Verdict
    started_at: datetime
    ms: int
    cost_usd: Decimal = Decimal(0)
    tokens: int = 0
    logs: list[str] = field(default_factory=list)
    used: Usage = field(default_factory=Usage)
    saved_usd: Decimal | None = None  # where a kept result was used again


def judge(result: Any) -> Verdict:
    """Return the verdict on what a step returned."""
    if isinstance(result, Suspend | Spawn):
        return result
    if isinstance(result, Routed):
        return done(result.output, result.port)
    assert isinstance(result, BaseModel)
    return done(result.model_dump(mode="json", by_alias=True))


def held(verdict: Verdict) -> Verdict:
    """Return the verdict with its output kept, where that is large; a failure if it cannot be."""
    if not isinstance(verdict, Done) or verdict.size <= INLINE:
        return verdict
    try:
        return replace(verdict, kept=keep(verdict.output))
    except StorageAway as error:
        return failure_of(error)


def failure_of(error: Exception) -> Failure:
    """Return the verdict on an exception. What nobody foresaw is logged under an id."""
    match error:
        case NodeError():
            return Failure(
                error.code, error.message, error.hint, error.retryable, error.retry_after
            )
        case LimitExceeded():
            return Failure("limit_exceeded", str(error), "Do less in one expression or code step.")
        case CodeFailed():
            return Failure(
                "expression_failed", str(error), "Correct the expression, then run from here."
            )
        case ValidationError():
            return _bad_config(error)
        case StorageAway():
            hint = "It is tried again; if it lasts, tell whoever runs this installation."
            return Failure(error.code, error.detail, hint, retryable=True)
        case BlobUnusable():
            return Failure(error.code, error.detail, "Start a new run: it makes the value anew.")
    return internal(error)


def failure_of_chunk(decision: JSONDict) -> Failure:
    """Return the verdict on a list, of which a part ended badly in a run of its own."""
    error = decision["error"] or {}
    default = f"The run of a part of the list ended as {decision['status']}."
    return Failure(
        str(error.get("code", "chunk_ended")),
        str(error.get("message", default)),
        str(error.get("hint", "")),
    )


def internal(error: BaseException) -> Failure:
    """Return the verdict on a fault of ours: nothing of it is shown but the id of its log entry."""
    incident = uuid7()
    logger.error("A step failed unexpectedly [%s]", incident, exc_info=error)
    return Failure(
        "internal",
        f"The step failed for a reason of ours. Support can find it as {incident}.",
        "Run from here; if it happens again, tell support.",
    )


# Made once: `dumps` makes them anew each time.
_strict = json.JSONEncoder(allow_nan=False).encode
_legible = json.JSONEncoder(ensure_ascii=False).encode


def storable(value: Any) -> tuple[Any, int]:
    """Return a JSON value as the database takes it, and its size.

    A NUL is taken out and half of a surrogate pair replaced. Raises ValueError or TypeError for
    what is not JSON, such as NaN.
    """
    text = _strict(value)
    kept = _cleaned(value) if FORBIDDEN.search(text) else value
    return kept, len(text)


def shown_config(config: JSONDict, size: int) -> Kept:
    """Return the rendered config as it is kept to be shown; its beginning if it cannot be kept.

    `size` is what `storable` told of it.
    """
    shown = column(config)
    if shown is config and size <= INLINE:  # nothing is withheld in it
        return Kept(shown)
    text = json.dumps(shown)
    if len(text) <= INLINE:
        return Kept(shown)
    try:
        return keep(shown)
    except StorageAway:
        return Kept(beginning(text))


def preview(value: JSON) -> str:
    """Return the beginning of a value as text; nothing of one that is withheld whole."""
    if is_sealed(value):
        return ""
    text = value if isinstance(value, str) else _legible(value)
    return text[:PREVIEW]


def done(output: JSON, port: str = "") -> Verdict:
    """Return the verdict on an output: a failure where it cannot be stored."""
    try:
        kept, size = storable(output)
    except (ValueError, TypeError) as error:
        return Failure(
            "output_not_json",
            f"The output cannot be stored: {error}.",
            "Hand on texts, finite numbers, lists and objects.",
        )
    if size > MAX_OUTPUT:
        return Failure(
            "output_too_large",
            f"The output has {size / (1 << 20):.1f} MiB; {MAX_OUTPUT >> 20} MiB are allowed.",
            "Hand on only what the later steps need.",
        )
    return Done(kept, port, size)


def _bad_config(error: ValidationError) -> Failure:
    detail = error.errors()[0]
    field_name = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    return Failure(
        "bad_config",
        f"{field_name}: {message}" if field_name else message,
        "Look at what the expression of this field gave.",
    )


def _cleaned(value: JSON) -> JSON:
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_cleaned(key): _cleaned(child) for key, child in value.items()}
    return [_cleaned(child) for child in value] if isinstance(value, list) else value

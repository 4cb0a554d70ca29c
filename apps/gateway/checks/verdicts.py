"""Verdicts on answers, by the checks that what was asked allows.

Checks are cheap and certain: the schema that the answer has to fit, the labels to choose from, the
tools that were offered, the fields that were to be found. What none of them can judge stays open.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.checks import fields, schemas
from apps.gateway.checks.reading import unfenced
from apps.gateway.checks.said import Said, ToolCall
from apps.gateway.models import Endpoint

JUDGE = "judge"


class Mark(StrEnum):
    """What a check says of an answer."""

    PASSED = "passed"
    FAILED = "failed"
    OPEN = "open"  # nothing can tell


@dataclass(frozen=True)
class Verdict:
    """A mark, the check that gave it, and why. The reason holds nothing of the answer."""

    mark: Mark
    check: str = ""
    reason: str = ""

    @property
    def passed(self) -> bool:
        """Whether the answer holds."""
        return self.mark == Mark.PASSED

    def record(self) -> JSONDict:
        """Return what is kept with the call."""
        return {"mark": str(self.mark), "check": self.check, "reason": self.reason}


def checks_of(ask: Ask) -> tuple[str, ...]:
    """Return what an answer can be checked by, the most telling check first. May be slow."""
    if ask.endpoint != Endpoint.CHAT or ask.body.get("n") not in (None, 1):
        return ()
    found = [name for name, fits in APPLIES.items() if fits(ask)]
    return tuple(found)


def verdict_of(said: Said, ask: Ask, checks: tuple[str, ...]) -> Verdict:
    """Return what the checks say together. May be slow."""
    if said.refusal or said.finish not in ("stop", "tool_calls", "function_call"):
        ended = "was refused" if said.refusal else f"ended early ({said.finish or 'no reason'})"
        return Verdict(Mark.FAILED, "whole", ended[:80])
    if said.calls or _must_call(ask):
        return _of_tools(said, ask) if "tools" in checks else Verdict(Mark.OPEN)
    of_words = [name for name in checks if name in WORDS]
    if not of_words:
        return Verdict(Mark.OPEN, reason="answered in words, which nothing here can check")
    return _of_words(said, ask, of_words)


def _of_words(said: Said, ask: Ask, checks: list[str]) -> Verdict:
    text = unfenced(said.text) if ask.source.node_id else said.text
    try:
        value: JSON = json.loads(text)
    except (ValueError, RecursionError):
        return Verdict(Mark.FAILED, "json", "is not JSON")
    for name in checks:
        if problem := WORDS[name](value, ask):
            return Verdict(Mark.FAILED, name, problem)
    return Verdict(Mark.PASSED, checks[0])


def _of_tools(said: Said, ask: Ask) -> Verdict:
    if not said.calls:
        return Verdict(Mark.FAILED, "tools", "calls no tool, though one must be called")
    offered = _offered(ask)
    for call in said.calls.values():
        if problem := _problem_of_call(call, offered):
            return Verdict(Mark.FAILED, "tools", problem)
    return Verdict(Mark.PASSED, "tools")


def _problem_of_call(call: ToolCall, offered: dict[str, JSONDict]) -> str:
    if call.name not in offered:
        return "calls a tool that was not offered"
    try:
        arguments = json.loads(call.arguments or "{}")
    except (ValueError, RecursionError):
        return f"calls {call.name} with arguments that are not JSON"
    schema = offered[call.name]
    if not isinstance(arguments, dict):
        return f"calls {call.name} with arguments that are no object"
    problem = schemas.problem(arguments, schema) if schemas.is_usable(schema) else ""
    return f"calls {call.name} with arguments that {problem}".replace("that does", "that do") if problem else ""  # fmt: skip


def _offered(ask: Ask) -> dict[str, JSONDict]:
    """Return the parameters of the tools that a call brings, by their names."""
    tools = ask.body.get("tools")
    functions = [
        each["function"]
        for each in (tools if isinstance(tools, list) else ())
        if isinstance(each, dict) and isinstance(each.get("function"), dict)
    ]
    return {str(each.get("name")): each.get("parameters") or {} for each in functions}


def _must_call(ask: Ask) -> bool:
    choice = ask.body.get("tool_choice")
    return choice == "required" or isinstance(choice, dict)


def _of_schema(value: JSON, ask: Ask) -> str:
    return schemas.problem(value, ask.schema or {})


def _of_object(value: JSON, ask: Ask) -> str:
    return "" if isinstance(value, dict) else "is no JSON object"


def _of_label(value: JSON, ask: Ask) -> str:
    chosen = value.get("class") if isinstance(value, dict) else None
    known = [each.get("id") for each in ask.hints["classes"] if isinstance(each, dict)]
    return "" if chosen in known else "is none of the labels"


def _of_fields(value: JSON, ask: Ask) -> str:
    return fields.problem(value, ask.hints)


def _wants_object(ask: Ask) -> bool:
    wanted = ask.body.get("response_format")
    return isinstance(wanted, dict) and wanted.get("type") == "json_object"


APPLIES: dict[str, Callable[[Ask], bool]] = {
    "fields": lambda ask: ask.task == "extract" and bool(ask.hints.get("fields")),
    "label": lambda ask: ask.task == "classify" and bool(ask.hints.get("classes")),
    "tools": lambda ask: bool(_offered(ask)),
    "schema": lambda ask: ask.schema is not None and schemas.is_usable(ask.schema),
    "json": _wants_object,
}
WORDS: dict[str, Callable[[JSON, Ask], str]] = {
    "schema": _of_schema, "json": _of_object, "label": _of_label, "fields": _of_fields,
}  # fmt: skip

"""A synthetic set for `bench.routing`: questions with a right answer, and two models that are made up.

SYNTHETIC: no model wrote any of it. The weak one is wrong in one case of five, the strong one in one of twenty; a wrong answer is
wrong in one of the ways listed for its kind, each as likely as the other. Some no check can see: a label
that is one of the labels and yet the wrong one. How often real models err in which way is not known here.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apps.gateway.asks import Ask, estimated_tokens
from apps.gateway.checks.said import ToolCall

WRONG_WEAK, WRONG_STRONG = 0.20, 0.05
COUNT = 4_000
LABELS = ("refund", "delivery", "invoice", "other")
LABEL_SCHEMA = {
    "type": "object",
    "properties": {"class": {"enum": list(LABELS)}, "reason": {"type": "string"}},
    "required": ["class", "reason"],
}
FIELDS = [
    {"name": "total", "type": "number", "required": True},
    {"name": "order", "type": "text", "required": True},
    {"name": "pieces", "type": "number"},
]
FIELD_SCHEMA = {
    "type": "object",
    "properties": {
        "total": {"type": ["number", "null"]}, "order": {"type": ["string", "null"]},
        "pieces": {"type": ["number", "null"]},
    },
    "required": ["total", "order", "pieces"],
}  # fmt: skip
TICKET_SCHEMA = {
    "type": "object",
    "properties": {
        "priority": {"enum": ["low", "normal", "high"]},
        "summary": {"type": "string", "maxLength": 80},
        "days": {"type": "integer", "minimum": 0},
    },
    "required": ["priority", "summary", "days"],
    "additionalProperties": False,
}
TOOL = {
    "name": "book",
    "parameters": {
        "type": "object",
        "properties": {
            "day": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "people": {"type": "integer", "minimum": 1},
        },
        "required": ["day", "people"],
    },
}


@dataclass
class Answer:
    """What a model said."""

    text: str = ""
    finish: str = "stop"
    calls: dict[str, ToolCall] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """A question with the answers of the weak and of the strong model, and whether they are right."""

    task: str
    ask: Ask
    answers: tuple[Answer, Answer]
    right: tuple[bool, bool]
    said_tokens: int


Truth = dict[str, Any]
Error = Callable[[Truth, random.Random], Answer]


def cases(seed: int) -> list[Case]:
    """Return the set; the same seed makes the same one."""
    draw = random.Random(seed)
    return [_case(draw, list(KINDS)[number % len(KINDS)]) for number in range(COUNT)]


def _case(draw: random.Random, kind: str) -> Case:
    make, errors = KINDS[kind]
    ask, truth = make(draw)
    right = (draw.random() >= WRONG_WEAK, draw.random() >= WRONG_STRONG)
    told = tuple(
        _right(kind, truth) if is_right else draw.choice(errors)(truth, draw) for is_right in right
    )
    return Case(kind, ask, (told[0], told[1]), right, estimated_tokens(json.dumps(truth)))


def _right(kind: str, truth: Truth) -> Answer:
    return _call(truth) if kind == "tools" else _text(truth)


def _text(value: Any) -> Answer:
    return Answer(json.dumps(value))


def _call(arguments: Any, name: str = "book") -> Answer:
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Answer(finish="tool_calls", calls={"0": ToolCall(name, text)})


def _form(schema: Any) -> dict[str, Any]:
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}


def _ask(text: str, task: str = "", hints: Any = None, **body: Any) -> Ask:
    messages = [{"role": "user", "content": text}]
    return Ask(model="m", body={"messages": messages, **body}, task=task, hints=hints or {})


def _classify(draw: random.Random) -> tuple[Ask, Truth]:
    label = draw.choice(LABELS)
    text = f"Ticket {draw.randrange(10_000)}: this is about {label}. " + "More words. " * 20
    hints = {"text": text, "classes": [{"id": each} for each in LABELS]}
    ask = _ask(text, "classify", hints, response_format=_form(LABEL_SCHEMA))
    return ask, {"class": label, "reason": "It says so."}


def _extract(draw: random.Random) -> tuple[Ask, Truth]:
    total, pieces = round(draw.uniform(10, 9_000), 2), draw.randrange(2, 60)
    order = f"A-{draw.randrange(10_000, 99_999)}"
    text = f"Order {order}: {pieces} pieces, {total:,.2f} EUR in all, due in 14 days. " * 2
    ask = _ask(
        text, "extract", {"text": text, "fields": FIELDS}, response_format=_form(FIELD_SCHEMA)
    )
    return ask, {"total": total, "order": order, "pieces": pieces}


def _generate(draw: random.Random) -> tuple[Ask, Truth]:
    days = draw.randrange(30)
    text = f"A customer waits since {days} days. Write a ticket. " * 4
    truth = {"priority": "high" if days > 14 else "normal", "summary": "A late order", "days": days}
    return _ask(text, "generate", response_format=_form(TICKET_SCHEMA)), truth


def _tools(draw: random.Random) -> tuple[Ask, Truth]:
    day, people = f"2027-0{draw.randrange(1, 10)}-1{draw.randrange(10)}", draw.randrange(1, 9)
    ask = _ask(
        f"Book a table on {day} for {people}. " * 3, tools=[{"type": "function", "function": TOOL}]
    )
    return ask, {"day": day, "people": people}


def _cut(truth: Truth, draw: random.Random) -> Answer:
    text = json.dumps(truth)
    return Answer(text[: len(text) // 2], finish="length")


def _prose(truth: Truth, draw: random.Random) -> Answer:
    return Answer(f"Sure, here it is: {json.dumps(truth)}. Anything else?")


def _changed(**changes: Callable[[Truth, random.Random], Any]) -> Error:
    def wrong(truth: Truth, draw: random.Random) -> Answer:
        made = {name: change(truth, draw) for name, change in changes.items()}
        return _text({**truth, **made})

    return wrong


def _wrong_label(truth: Truth, draw: random.Random) -> str:
    return draw.choice([each for each in LABELS if each != truth["class"]])


def _without(name: str) -> Error:
    return lambda truth, draw: _text({key: value for key, value in truth.items() if key != name})


# Of each kind some are seen by no check: they fit all that was asked of the form.
CLASSIFY: list[Error] = [
    _changed(**{"class": _wrong_label}),
    _changed(**{"class": lambda truth, draw: "returns"}),
    _prose,
    _cut,
]
EXTRACT: list[Error] = [
    _changed(total=lambda truth, draw: 14, pieces=lambda truth, draw: truth["total"]),
    _changed(order=lambda truth, draw: "A-00000"),
    _changed(total=lambda truth, draw: truth["total"] + 1),
    _changed(total=lambda truth, draw: None),
    _prose,
    _cut,
]
GENERATE: list[Error] = [
    _changed(priority=lambda truth, draw: "low"),
    _changed(days=lambda truth, draw: truth["days"] + 1),
    _changed(days=lambda truth, draw: str(truth["days"])),
    _changed(priority=lambda truth, draw: "urgent"),
    _without("summary"),
    _prose,
    _cut,
]
TOOLS: list[Error] = [
    lambda truth, draw: _call({**truth, "people": truth["people"] + 1}),
    lambda truth, draw: _call({**truth, "day": "next Friday"}),
    lambda truth, draw: _call({**truth, "people": str(truth["people"])}),
    lambda truth, draw: _call({"day": truth["day"]}),
    lambda truth, draw: _call(truth, "reserve"),
    lambda truth, draw: _call(json.dumps(truth)[:-4]),
]
KINDS: dict[str, tuple[Callable[[random.Random], tuple[Ask, Truth]], list[Error]]] = {
    "classify/json": (_classify, CLASSIFY),
    "extract/json": (_extract, EXTRACT),
    "generate/json": (_generate, GENERATE),
    "tools": (_tools, TOOLS),
}

"""The built-in provider: what the samples ask of it, the same every time, and what it refuses."""

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from apps.gateway.adapters.builtin import answer
from apps.gateway.calls import CompletionRequest
from apps.gateway.exceptions import NotBuiltIn
from apps.gateway.rules import find

PARSER: Any = importlib.import_module("re._parser")
TICKET = """From: Ana Silva <ana@silva.example>
Subject: Kettle arrived broken

Hello, my order AC-10482 arrived yesterday but the kettle is cracked and the lid does not close.
I paid $49.90 by card. I would like a refund please. This is the second time it happens.
Regards,
Ana"""
LEAD = {
    "name": "Maria Keller",
    "company": "Nordwind GmbH",
    "email": "maria@nordwind.example",
    "message": "We need 120 seats, a budget of 40,000 EUR is approved. Can we get a demo and a quote?",
}
STUDENT = {"name": "Tom", "message": "I am a student, just looking around for a free plan."}


def generate(prompt: str, schema: dict[str, Any] | None = None, system: str = "") -> str:
    messages = [{"role": "system", "content": system}, {"role": "user", "content": prompt}]
    return answer(CompletionRequest("default", messages, json_schema=schema).ask())


def classify(text: str, classes: dict[str, str]) -> str:
    listed = [{"id": name, "label": name, "description": said} for name, said in classes.items()]
    hints = {"text": text, "classes": listed}
    found = json.loads(answer(CompletionRequest("fast", [], task="classify", hints=hints).ask()))
    assert found["reason"]
    return str(found["class"])


def test_tickets_are_sorted() -> None:
    kinds = {"refund": "money back", "shipping": "", "technical": "", "other": ""}
    assert classify(TICKET, kinds) == "refund"
    assert classify("Where is my parcel? It should have arrived on Monday.", kinds) == "shipping"
    assert classify("I cannot log in, the page shows an error.", kinds) == "technical"
    assert classify("What are your opening hours?", kinds) == "other"


def test_leads_are_scored() -> None:
    schema = {
        "type": "object",
        "properties": {
            "score": {"type": "integer", "minimum": 0, "maximum": 100},
            "grade": {"enum": ["hot", "warm", "cold"]},
            "reason": {"type": "string"},
        },
        "required": ["score", "grade", "reason"],
    }
    good = json.loads(generate(f"Score this lead:\n{json.dumps(LEAD)}", schema))
    poor = json.loads(generate(f"Score this lead:\n{json.dumps(STUDENT)}", schema))
    assert good["score"] > 70 > 30 > poor["score"]
    assert (good["grade"], poor["grade"]) == ("hot", "cold")
    assert "budget" in good["reason"]


def test_fields_are_extracted_and_what_is_missing_is_null() -> None:
    kinds = {
        "email": "text", "order_id": "text", "amount": "number", "customer_name": "text",
        "wants_refund": "boolean", "phone": "text", "date": "date",
    }  # fmt: skip
    fields = [{"name": name, "type": kind} for name, kind in kinds.items()]
    hints = {"text": TICKET, "fields": fields}
    found = json.loads(answer(CompletionRequest("fast", [], task="extract", hints=hints).ask()))
    assert found == {
        "email": "ana@silva.example", "order_id": "AC-10482", "amount": 49.9,
        "customer_name": "Ana Silva", "wants_refund": True, "phone": None, "date": None,
    }  # fmt: skip


def test_a_reply_repeats_what_was_said_and_promises_nothing() -> None:
    reply = generate(f"Write a friendly reply to this ticket:\n\n{TICKET}")
    assert reply.startswith("Hello Ana,")
    assert "kettle" in reply
    assert "refund" not in reply.lower()


def test_a_page_is_summarised_from_its_own_sentences() -> None:
    page = Path("apps/local/sample_site/pages/returns.html").read_text()
    summary = generate(f"Summarise this page in three bullet points:\n{page}")
    lines = summary.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("- ") for line in lines)
    assert "<" not in summary


def test_figures_become_a_report() -> None:
    rows = [{"orders": 120, "region": "north"}, {"orders": 80, "region": "south"}]
    report = generate(f"Write the nightly report from these figures:\n{json.dumps(rows)}")
    assert report.startswith("Nightly report")
    assert "total 200" in report
    table = "id,status\n1,open\n2,open\n3,closed"
    assert "open 2, closed 1" in generate(f"Write a short nightly report:\n\n{table}")


SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}, "minItems": 2}}, "required": ["tags"]},
    {"type": "object", "properties": {"due": {"type": ["string", "null"], "format": "date"}}, "required": ["due"]},
    {"type": "array", "items": {"$ref": "#/$defs/row"}, "$defs": {"row": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}}},
    {"anyOf": [{"type": "null"}, {"type": "object", "properties": {"urgent": {"type": "boolean"}}}]},
    {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}, "required": ["n"]},
    {"enum": ["low", "high"]},
    {"const": 5},
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS)
def test_json_fits_its_schema(schema: dict[str, Any]) -> None:
    value = json.loads(generate(f"Read this:\n\n{TICKET}", schema))
    jsonschema.validate(value, schema)


def test_it_says_the_same_every_time_and_when_it_cannot() -> None:
    prompt = f"Summarise: {TICKET}"
    assert generate(prompt) == generate(prompt)
    with pytest.raises(NotBuiltIn):
        generate("Translate this into French: hello")
    impossible = {"type": "object", "properties": {"x": {"type": "string", "pattern": "^zzz$"}}}
    with pytest.raises(NotBuiltIn, match="x"):
        generate("Read this:\n\nnothing", {**impossible, "required": ["x"]})


@pytest.mark.parametrize(
    "text",
    ["", " ", "<" * 60_000, "<script" * 20_000, "{" * 5_000, "[" * 100_000, "a." * 60_000, "\n" * 99_999,
     "\"'" * 50_000, ": " * 50_000, "A" * 200_000, "1," * 60_000, "\x00\ufffe"],
)  # fmt: skip
def test_odd_texts_do_no_harm(text: str) -> None:
    schema = {"type": "object", "properties": {"summary": {"type": "string"}}}
    generate(f"Summarise this:\n\n{text}")
    generate(text, schema)
    assert classify(text, {"refund": "", "other": ""})
    fields = [{"name": name, "type": "text"} for name in ("email", "company", "name", "total")]
    answer(CompletionRequest("f", [], task="extract", hints={"text": text, "fields": fields}).ask())


def unbounded(pattern: str, flags: int = 0) -> list[str]:
    """Return the repeats of a pattern that have no upper bound."""
    found = []

    def walk(parsed: Any) -> None:
        for operation, given in parsed:
            if "REPEAT" in str(operation) and given[1] is PARSER.MAXREPEAT:
                found.append(str(given))
            for part in given if isinstance(given, tuple | list) else ():
                for each in part if isinstance(part, list) else (part,):
                    if isinstance(each, PARSER.SubPattern):
                        walk(each)

    walk(PARSER.parse(pattern, flags))
    return found


def test_what_is_searched_for_anywhere_has_a_bound() -> None:
    """A repeat without one makes a search go through a long run of signs once for each of them."""
    kept = [find.EMAIL, find.URL, find.PHONE, find.MONEY, find.NUMBER, find.PERCENT, find.ORDER]
    kept += [find.ISO, find.DAY_MONTH, find.MONTH_DAY, find.COMPANY, *find.PERSON]
    assert {each.pattern: unbounded(each.pattern) for each in kept if unbounded(each.pattern)} == {}
    assert unbounded(r"\d[\d,]*x|(a{1,3}(?:b+))") != []


def calls_of(work: Callable[[], object]) -> int:
    """Return how many functions a piece of work calls."""
    count = 0

    def note(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "unit", ["a. ", "a\n", "1,", "Ab Cd. ", "<p>a</p>", '{"a":1},', "x: y\n\n"]
)
def test_twice_the_text_is_twice_the_work(unit: str) -> None:
    schema = {"type": "object", "properties": {"summary": {"type": "string"}}}

    def work(count: int) -> None:
        generate(unit * count, schema)
        generate(f"Summarise this:\n\n{unit * count}")

    work(1)  # what is made once
    assert calls_of(lambda: work(2_000)) < 2.5 * calls_of(lambda: work(1_000))


@pytest.mark.parametrize("name", ["_" * 300, "a_-_-" * 60, "total" * 50])
def test_a_name_of_a_property_is_only_a_name(name: str) -> None:
    schema = {"type": "object", "properties": {name: {"type": ["string", "null"]}}}
    assert json.loads(generate("-_- " * 50_000, schema)).keys() == {name}


def test_a_schema_asks_for_so_much_and_no_more() -> None:
    deep: dict[str, Any] = {"type": "boolean"}
    for _ in range(8):
        deep = {"type": "array", "items": deep, "minItems": 40}
    with pytest.raises(NotBuiltIn, match="more values"):
        generate("Is it urgent? No.", deep)


def test_a_pattern_that_takes_for_ever_is_given_up() -> None:
    schema = {"type": "string", "pattern": "^(a|a|aa)+$", "title": "summary"}
    with pytest.raises(NotBuiltIn, match="takes too long"):
        generate("a" * 200 + "!", {"type": "object", "properties": {"text": schema}})

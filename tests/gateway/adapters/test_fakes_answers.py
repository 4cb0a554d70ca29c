"""The fake gives answers that fit the schema it is asked for, so that a product beside it can go on."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.fakeai.schemas import fitting

PART = {"type": "object", "properties": {"n": {"type": "integer", "minimum": 3}}}
SCHEMAS: list[dict[str, Any]] = [
    {"type": "object", "properties": {"class": {"enum": ["refund", "new"]}}, "required": ["class"]},
    {"type": "object", "properties": {"parts": {"type": "array", "items": PART, "minItems": 2}}},
    {"$defs": {"part": PART}, "type": "array", "items": {"$ref": "#/$defs/part"}},
    {"anyOf": [{"type": ["null", "string"]}, {"type": "boolean"}]},
    {"type": "string", "minLength": 9},
    {"type": "number", "exclusiveMinimum": 4, "maximum": 4.5},
    {"type": "object", "properties": {"ok": {"type": "boolean"}, "why": {"const": "so"}}},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_answer_fits_its_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator(schema).validate(fitting(schema))

"""What the AI types share: asking a model, and JSON out of its words, checked against its schema."""

import json
import re

from apps.common.schemas import problem_of
from apps.common.types import JSON, JSONDict
from apps.gateway.calls import Completion, CompletionRequest
from apps.nodes.base import NodeContext, NodeError

FENCE = re.compile(r"^```(?:json)?\s*(.*?)\s*```$", re.DOTALL)
MAX_SCHEMA = 64 << 10


async def ask(context: NodeContext, request: CompletionRequest) -> Completion:
    """Ask a model for a step and add what it cost. Raises NodeError."""
    answer = await context.model(request)
    context.spend(answer)
    return answer


async def ask_about(
    context: NodeContext, *, route: str, task: str, system: str, schema: JSONDict, hints: JSONDict
) -> JSON:
    """Return what a model finds in the hints' `text`, as JSON of the schema. Raises NodeError."""
    request = CompletionRequest(
        route=route,
        messages=[
            {"role": "system", "content": system},
            {"role": "user", "content": hints["text"]},
        ],
        task=task,
        json_schema=schema,
        temperature=0,
        hints=hints,
    )
    return json_of(await ask(context, request), schema)


def json_of(answer: Completion, schema: JSONDict) -> JSON:
    """Return the JSON that a model wrote, checked. Raises NodeError saying what does not fit."""
    text = answer.text.strip()
    fenced = FENCE.match(text)
    try:
        value = json.loads(fenced[1] if fenced else text)
    except ValueError as error:
        raise NodeError(
            "not_json",
            f"{answer.model} did not answer with JSON: {text[:200]}",
            hint="Ask for JSON in the prompt, or choose a route whose model supports it.",
            retryable=True,
        ) from error
    if problem := problem_of(value, schema, whole="the answer"):
        raise NodeError(
            "schema_mismatch",
            f"The answer of {answer.model} does not fit the schema: {problem}",
            hint="Loosen the schema or make the prompt more exact.",
            retryable=True,
        )
    return value


def check_schema(schema: JSONDict) -> JSONDict:
    """Return the schema if it is one that can be used. Raises ValueError.

    References to elsewhere are refused: following them would be a way out past the egress client.
    """
    if len(json.dumps(schema)) > MAX_SCHEMA:
        raise ValueError("The schema is larger than 64 KiB.")
    if any(not ref.startswith("#") for ref in _said(schema, "$ref", "$dynamicRef")):
        raise ValueError("A schema may only refer to itself, such as #/$defs/item.")
    if _said(schema, "patternProperties"):
        raise ValueError("Patterns for names of properties are not supported: name them.")
    import jsonschema  # noqa: PLC0415 - 70 ms that only configs with a schema need

    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        raise ValueError(f"This is not a JSON Schema: {error.message[:200]}.") from error
    return schema


def _said(value: JSON, *keywords: str) -> list[str]:
    """Return what a schema says with some keywords, wherever in it."""
    if isinstance(value, dict):
        own = [str(value[key]) for key in keywords if key in value]
        return own + [found for child in value.values() for found in _said(child, *keywords)]
    if isinstance(value, list):
        return [found for child in value for found in _said(child, *keywords)]
    return []

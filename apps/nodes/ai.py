"""What the AI types share: asking a model, and JSON out of its words, checked against its schema."""

import json

from apps.common.schemas import problem_of
from apps.common.types import JSON, JSONDict
from apps.gateway.calls import Completion, CompletionRequest
from apps.gateway.checks.reading import unfenced
from apps.nodes.base import NodeContext, NodeError


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
    try:
        value = json.loads(unfenced(text))
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

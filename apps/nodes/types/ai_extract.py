"""Fields out of text."""

from typing import Literal

from pydantic import Field

from apps.common.types import JSONDict
from apps.nodes.ai import ask_about
from apps.nodes.base import (
    AnyOutput,
    Config,
    Effect,
    Group,
    Kind,
    Node,
    NodeContext,
    NodeError,
    Port,
    prompt_field,
)
from apps.nodes.registry import register

JSON_TYPES = {
    "text": "string",
    "number": "number",
    "boolean": "boolean",
    "date": "string",
    "list": "array",
}


class Wanted(Config):
    name: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,62}$")
    type: Literal["text", "number", "boolean", "date", "list"] = "text"
    description: str = Field("", max_length=500)
    required: bool = False


class ExtractConfig(Config):
    route: str = Field("fast", max_length=80, json_schema_extra={"x-widget": "model"})
    input: str = prompt_field(title="Text")
    fields: list[Wanted] = Field(default_factory=list, max_length=50)
    on_missing: Literal["fail", "null"] = Field("null", title="If a required field is missing")


@register
class Extract(Node[ExtractConfig, AnyOutput]):
    """Let a model find named fields in a text; what it does not find is null."""

    name, label, group, icon = "ai.extract", "Extract", Group.AI, "scan-text"
    effect, only_reads, reaches_out = Effect.KEYED, True, True
    config, output = ExtractConfig, AnyOutput
    outputs = (Port("out", "Fields", Kind.JSON),)
    example = {
        "route": "fast",
        "input": "{{ input.text }}",
        "fields": [{"name": "email", "description": "The sender's address"}],
    }

    async def run(self, config: ExtractConfig, context: NodeContext) -> AnyOutput:
        if not config.fields:
            raise NodeError(
                "no_fields", "There are no fields to look for.", hint="Add at least one field."
            )
        listed = "\n".join(
            f"- {each.name} ({each.type}): {each.description}" for each in config.fields
        )
        system = f"Find these fields in the text. Use null for what is not there.\n{listed}\nAnswer as JSON."
        hints = {
            "text": config.input,
            "fields": [each.model_dump() for each in config.fields],
        }
        found = await ask_about(
            context,
            route=config.route,
            task="extract",
            system=system,
            schema=_schema(config),
            hints=hints,
        )
        missing = [
            each.name for each in config.fields if each.required and found.get(each.name) is None
        ]
        if missing and config.on_missing == "fail":
            raise NodeError(
                "missing_fields",
                f"The text does not say: {', '.join(missing)}.",
                hint="Make the field optional, or look at the text.",
            )
        return AnyOutput(**{each.name: found.get(each.name) for each in config.fields})


def _schema(config: ExtractConfig) -> JSONDict:
    properties = {each.name: {"type": [JSON_TYPES[each.type], "null"]} for each in config.fields}
    return {"type": "object", "properties": properties, "required": list(properties)}

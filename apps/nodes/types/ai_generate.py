"""Text or JSON from a model."""

from decimal import Decimal
from typing import Any

from pydantic import Field, field_validator

from apps.common.schemas import check_schema
from apps.common.types import JSONDict
from apps.gateway.calls import CompletionRequest
from apps.nodes.ai import ask, json_of
from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Kind,
    Node,
    NodeContext,
    Output,
    Port,
    prompt_field,
    value_field,
)
from apps.nodes.registry import register


class GenerateConfig(Config):
    route: str = Field("default", max_length=80, json_schema_extra={"x-widget": "model"})
    prompt_ref: str = Field(
        "",
        max_length=140,
        title="Prompt of the library",
        description="Its messages come before the words below.",
        json_schema_extra={"x-widget": "library-prompt"},
    )
    variables: dict[str, Any] = value_field(
        {}, widget="key-value", description="Values for the variables of the prompt."
    )
    system: str = prompt_field(title="Instructions")
    prompt: str = prompt_field()
    json_schema: JSONDict | None = Field(
        None,
        title="JSON schema",
        description="With a schema the answer is JSON that fits it.",
        json_schema_extra={"x-widget": "json-schema"},
    )
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)

    @field_validator("json_schema")
    @classmethod
    def schema_is_usable(cls, schema: JSONDict | None) -> JSONDict | None:
        return None if schema is None else check_schema(schema)


class GenerateOutput(Output):
    text: str
    json_: Any = Field(None, alias="json")
    usage: dict[str, int]
    cost_usd: Decimal | None
    model: str
    prompt: str = ""


@register
class Generate(Node[GenerateConfig, GenerateOutput]):
    """Ask a model through a route and hand on its text, or JSON that fits a schema."""

    name, label, group, icon = "ai.generate", "Generate", Group.AI, "sparkles"
    effect, only_reads, reaches_out = Effect.KEYED, True, True
    config, output = GenerateConfig, GenerateOutput
    outputs = (Port("out", "Answer", Kind.JSON),)
    example = {
        "route": "default",
        "system": "You are brief.",
        "prompt": "Summarise: {{ prev.body }}",
    }

    async def run(self, config: GenerateConfig, context: NodeContext) -> GenerateOutput:
        messages = []
        if config.prompt or not config.prompt_ref:
            messages.append({"role": "user", "content": config.prompt})
        if config.system:
            messages.insert(0, {"role": "system", "content": config.system})
        answer = await ask(
            context,
            CompletionRequest(
                route=config.route,
                messages=messages,
                json_schema=config.json_schema,
                temperature=config.temperature,
                max_tokens=config.max_tokens,
                prompt=config.prompt_ref,
                variables=config.variables,
            ),
        )
        value = json_of(answer, config.json_schema) if config.json_schema else None
        return GenerateOutput(
            text=answer.text,
            json=value,
            usage=answer.usage,
            cost_usd=answer.cost_usd,
            model=answer.model,
            prompt=answer.prompt,
        )

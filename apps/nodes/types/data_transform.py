"""New data from old."""

from typing import Any, Literal

from pydantic import Field

from apps.common.types import JSON, JSONDict
from apps.nodes.base import (
    AnyOutput,
    Config,
    Effect,
    Group,
    Kind,
    Node,
    NodeContext,
    Port,
    value_field,
)
from apps.nodes.registry import register


class NamedValue(Config):
    name: str = Field(min_length=1, max_length=120)
    value: Any = value_field(None)


class TransformConfig(Config):
    mode: Literal["set"] = "set"
    fields: list[NamedValue] = Field(
        default_factory=list,
        max_length=200,
        json_schema_extra={"x-widget": "key-value", "x-expression": True},
    )
    keep_rest: bool = Field(
        False, title="Keep the other fields", description="Start from the previous step's output."
    )


@register
class Transform(Node[TransformConfig, AnyOutput]):
    """Set fields from expressions; the output is an object with just these fields."""

    name, label, group, icon = "data.transform", "Transform", Group.DATA, "braces"
    effect = Effect.PURE
    config, output = TransformConfig, AnyOutput
    outputs = (Port("out", "Fields", Kind.JSON),)
    example = {
        "mode": "set",
        "fields": [{"name": "total", "value": "{{ prev.price * prev.count }}"}],
        "keep_rest": False,
    }

    @classmethod
    def foresee(cls, config: JSONDict) -> JSON:
        fields = config.get("fields", [])
        named = [each.get("name") for each in fields if isinstance(each, dict)]
        plain = all(isinstance(name, str) and "{{" not in name for name in named)
        if config.get("keep_rest") or not plain or len(named) != len(fields):
            return None
        return {each["name"]: each.get("value") for each in fields}

    async def run(self, config: TransformConfig, context: NodeContext) -> AnyOutput:
        kept = context.prev if config.keep_rest and isinstance(context.prev, dict) else {}
        return AnyOutput(**{**kept, **{field.name: field.value for field in config.fields}})

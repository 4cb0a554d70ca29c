"""One of several labels."""

from typing import Any

from pydantic import Field

from apps.common.types import JSONDict
from apps.nodes.ai import ask_about
from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    Output,
    PortsOfConfig,
    Routed,
    prompt_field,
)
from apps.nodes.registry import register


class Class(Config):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Stable name of the port.")
    label: str = Field(max_length=80)
    description: str = Field(
        "", max_length=500, description="When this class is right, and words that tell it."
    )


class ClassifyConfig(Config):
    route: str = Field("fast", max_length=80, json_schema_extra={"x-widget": "model"})
    input: str = prompt_field(title="Text")
    classes: list[Class] = Field(default_factory=list, max_length=50)
    instructions: str = prompt_field()


class ClassifyOutput(Output):
    label: str
    class_id: str
    reason: str
    value: Any


@register
class Classify(Node[ClassifyConfig, ClassifyOutput]):
    """Let a model choose one of your classes for a text, and go on by the port of that class."""

    name, label, group, icon = "ai.classify", "Classify", Group.AI, "tags"
    effect, only_reads, reaches_out = Effect.KEYED, True, True
    config, output = ClassifyConfig, ClassifyOutput
    outputs = PortsOfConfig("/classes")
    example = {
        "route": "fast",
        "input": "{{ input.text }}",
        "classes": [
            {"id": "refund", "label": "Refund", "description": "money back"},
            {"id": "other", "label": "Other"},
        ],
    }

    async def run(self, config: ClassifyConfig, context: NodeContext) -> Routed:
        if not config.classes:
            raise NodeError(
                "no_classes",
                "There are no classes to choose from.",
                hint="Add at least two classes.",
            )
        hints = {
            "text": config.input,
            "classes": [each.model_dump() for each in config.classes],
        }
        chosen = await ask_about(
            context,
            route=config.route,
            task="classify",
            system=_system(config),
            schema=_schema(config),
            hints=hints,
        )
        label = next(each.label for each in config.classes if each.id == chosen["class"])
        output = {
            "label": label,
            "class_id": chosen["class"],
            "reason": chosen["reason"],
            "value": context.prev,
        }
        return Routed(chosen["class"], output)


def _system(config: ClassifyConfig) -> str:
    listed = "\n".join(f"- {each.id}: {each.label}. {each.description}" for each in config.classes)
    return f"Choose the one class that fits the text.\n{config.instructions}\nClasses:\n{listed}\nAnswer as JSON with class and reason."


def _schema(config: ClassifyConfig) -> JSONDict:
    ids = [each.id for each in config.classes]
    return {
        "type": "object",
        "properties": {"class": {"enum": ids}, "reason": {"type": "string"}},
        "required": ["class", "reason"],
    }

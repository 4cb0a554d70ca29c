"""A step that somebody still has to build."""

from typing import Any

from pydantic import Field

from apps.nodes.base import (
    AnyOutput,
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    PortsOfConfig,
)
from apps.nodes.registry import register


class Way(Config):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Stable name of the port.")
    label: str = Field("", max_length=80)


class PlaceholderConfig(Config):
    does: str = Field("", max_length=500, title="What it is to do")
    ways: list[Way] = Field([Way(id="out", label="Output")], title="Ways on", max_length=50)
    original: Any = Field(
        None,
        description="What stood here in the tool that it was imported from.",
        json_schema_extra={"readOnly": True},
    )


@register
class Placeholder(Node[PlaceholderConfig, AnyOutput]):
    """Keep the place of a step that is not built yet; a draft that holds one cannot run."""

    name, label, group, icon = "core.placeholder", "Placeholder", Group.LOGIC, "circle-dashed"
    effect = Effect.PURE
    config, output = PlaceholderConfig, AnyOutput
    outputs = PortsOfConfig("/ways")
    raw_fields = frozenset({"does", "original"})
    unfinished = "This step is a placeholder."
    example = {"does": "Post a message", "ways": [{"id": "out", "label": "Output"}]}

    async def run(self, config: PlaceholderConfig, context: NodeContext) -> AnyOutput:
        raise NodeError(
            "placeholder", "This step is a placeholder.", hint="Put a real step in its place."
        )

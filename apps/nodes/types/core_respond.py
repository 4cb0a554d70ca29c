"""What a run answers."""

from typing import Any

from pydantic import Field

from apps.nodes.base import Config, Effect, Group, Node, NodeContext, Output, value_field
from apps.nodes.registry import register


class RespondConfig(Config):
    body: Any = value_field(None, title="Answer", description="Any value; mostly one expression.")
    status: int = Field(
        200, ge=100, le=599, description="HTTP status where a webhook started the run."
    )
    headers: dict[str, Any] = value_field(
        {},
        widget="key-value",
        description="Headers of a webhook's answer, such as Content-Type; unsafe ones are left out.",
    )


class RespondOutput(Output):
    body: Any
    status: int
    headers: dict[str, str] = Field(default_factory=dict)


@register
class Respond(Node[RespondConfig, RespondOutput]):
    """Answer with a value: it becomes the outputs of the run."""

    name, label, group, icon = "core.respond", "Respond", Group.TRIGGER, "corner-down-left"
    effect = Effect.PURE
    config, output = RespondConfig, RespondOutput
    outputs = ()
    example = {"body": "{{ prev }}", "status": 200}

    async def run(self, config: RespondConfig, context: NodeContext) -> RespondOutput:
        headers = {name: str(value) for name, value in config.headers.items()}
        return RespondOutput(body=config.body, status=config.status, headers=headers)

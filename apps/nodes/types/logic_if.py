"""Two ways on."""

from typing import Any

from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    Output,
    Port,
    Routed,
    value_field,
)
from apps.nodes.registry import register


class IfConfig(Config):
    condition: Any = value_field(
        "", description="Anything but false, 0, empty or null counts as true."
    )


class IfOutput(Output):
    result: bool
    value: Any


@register
class If(Node[IfConfig, IfOutput]):
    """Go one of two ways, by a condition. The previous step's output is passed on as `value`."""

    name, label, group, icon = "logic.if", "If", Group.LOGIC, "split"
    effect = Effect.PURE
    config, output = IfConfig, IfOutput
    outputs = (Port("true", "True"), Port("false", "False"))
    example = {"condition": "{{ prev.amount > 50 }}"}

    async def run(self, config: IfConfig, context: NodeContext) -> Routed:
        holds = bool(config.condition)
        return Routed("true" if holds else "false", {"result": holds, "value": context.prev})

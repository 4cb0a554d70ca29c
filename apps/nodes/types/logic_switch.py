"""Many ways on."""

from typing import Any

from pydantic import Field

from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    Output,
    PortsOfConfig,
    Routed,
    value_field,
)
from apps.nodes.registry import register


class Case(Config):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Stable name of the port.")
    label: str = Field("", max_length=80)
    value: Any = value_field(
        None, description="The case is taken when the switched value equals this."
    )


class SwitchConfig(Config):
    value: Any = value_field("", description="What is compared with the cases.")
    cases: list[Case] = Field(default_factory=list, max_length=50)


class SwitchOutput(Output):
    matched: str
    value: Any


@register
class Switch(Node[SwitchConfig, SwitchOutput]):
    """Go the way of the first case that equals a value, or the way `else`."""

    name, label, group, icon = "logic.switch", "Switch", Group.LOGIC, "route"
    effect = Effect.PURE
    config, output = SwitchConfig, SwitchOutput
    outputs = PortsOfConfig("/cases", always=("else",))
    example = {
        "value": "{{ prev.label }}",
        "cases": [{"id": "refund", "label": "Refund", "value": "refund"}],
    }

    async def run(self, config: SwitchConfig, context: NodeContext) -> Routed:
        taken = next((case.id for case in config.cases if case.value == config.value), "else")
        return Routed(taken, {"matched": taken, "value": context.prev})

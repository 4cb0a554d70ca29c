"""Letting time pass."""

from datetime import UTC, datetime
from typing import Any

from pydantic import Field, model_validator

from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    Output,
    Result,
    Suspend,
    value_field,
)
from apps.nodes.registry import register

YEAR_S = 366 * 24 * 3600


class WaitConfig(Config):
    seconds: float | None = Field(
        None, ge=0, le=YEAR_S, json_schema_extra={"x-unit": "s", "x-expression": True}
    )
    until: Any = value_field(None, description="A time such as 2027-01-31T09:00:00+01:00.")

    @model_validator(mode="after")
    def one_of_both(self) -> "WaitConfig":
        if (self.seconds is None) == (self.until in (None, "")):
            raise ValueError("Give either seconds or a time, not both.")
        return self


class WaitOutput(Output):
    waited_until: str
    value: Any


@register
class Wait(Node[WaitConfig, WaitOutput]):
    """Wait for a time or until a moment, holding nothing: days cost no more than seconds."""

    name, label, group, icon = "flow.wait", "Wait", Group.LOGIC, "clock"
    effect = Effect.PURE
    config, output = WaitConfig, WaitOutput
    example = {"seconds": 60}

    async def run(self, config: WaitConfig, context: NodeContext) -> Result:
        if context.decision is not None:
            return WaitOutput(waited_until=str(context.decision["at"]), value=context.prev)
        if config.seconds is not None:
            return Suspend("delay", seconds=config.seconds)
        return Suspend("delay", until=_moment(config.until))


def _moment(value: Any) -> str:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as error:
        raise NodeError(
            "bad_time", f"“{value}” is not a time.", hint="Write it like 2027-01-31T09:00:00+01:00."
        ) from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()

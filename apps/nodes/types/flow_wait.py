"""Letting time pass."""

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import Field, field_validator, model_validator

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
    text_field,
    value_field,
)
from apps.nodes.moments import moment_of, next_fire_time, zone
from apps.nodes.registry import register

YEAR_S = 366 * 24 * 3600


class WaitConfig(Config):
    seconds: float | None = Field(
        None, ge=0, le=YEAR_S, json_schema_extra={"x-unit": "s", "x-expression": True}
    )
    until: Any = value_field(
        None,
        description="A time such as 2027-01-31T09:00, or the next 09:00, monday 09:00 or "
        "weekday 09:00.",
    )
    cron: str = Field(
        "",
        max_length=200,
        title="Next time of a schedule",
        description="A cron rule: minute, hour, day of month, month, day of week.",
        json_schema_extra={"x-widget": "cron"},
    )
    timezone: str = text_field(
        "UTC", description="Where that time is meant, such as Europe/Berlin, if it does not say so."
    )

    @field_validator("cron")
    @classmethod
    def cron_has_times(cls, rule: str) -> str:
        if rule.strip():
            next_fire_time(rule, "UTC", datetime(2026, 1, 1, tzinfo=UTC))
        return rule.strip()

    @field_validator("timezone")
    @classmethod
    def zone_is_known(cls, name: str) -> str:
        return zone(name).key

    @model_validator(mode="after")
    def one_of_both(self) -> "WaitConfig":
        given = (self.seconds is not None, self.until not in (None, ""), self.cron != "")
        if sum(given) != 1:
            raise ValueError("Give one of seconds, a time and a schedule.")
        return self


class WaitOutput(Output):
    waited_until: str
    value: Any


@register
class Wait(Node[WaitConfig, WaitOutput]):
    """Wait for a time or until a moment, holding nothing: days cost no more than seconds.

    A moment without an offset is meant in the time zone of the step, summer time included.
    """

    name, label, group, icon = "flow.wait", "Wait", Group.LOGIC, "clock"
    effect = Effect.PURE
    config, output = WaitConfig, WaitOutput
    example = {"seconds": 60}

    async def run(self, config: WaitConfig, context: NodeContext) -> Result:
        if context.decision is not None:
            return WaitOutput(waited_until=str(context.decision["at"]), value=context.prev)
        if config.seconds is not None:
            return Suspend("delay", seconds=config.seconds)
        return Suspend("delay", until=_moment(config))


def _moment(config: WaitConfig) -> str:
    now = datetime.now(UTC)
    try:
        if config.cron:
            moment = next_fire_time(config.cron, config.timezone, now)
        else:
            moment = moment_of(str(config.until), config.timezone, now)
    except (ValueError, OverflowError) as error:
        raise NodeError(
            "bad_time",
            f"“{config.cron or config.until}” is not a time.",
            hint="Write it like 2027-01-31T09:00, 2027-01-31T09:00:00+01:00 or weekday 09:00.",
        ) from error
    if moment > now + timedelta(seconds=YEAR_S):
        raise NodeError(
            "too_far",
            f"{moment:%Y-%m-%d} is more than a year away.",
            hint="Start a run nearer to that day.",
        )
    return moment.isoformat()

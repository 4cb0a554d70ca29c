"""Waiting for a word from outside."""

from typing import Any

from pydantic import Field, field_validator

from apps.common.schemas import check_schema
from apps.common.types import JSON, JSONDict
from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Kind,
    Node,
    NodeContext,
    NodeError,
    Output,
    Port,
    Result,
    Routed,
    Suspend,
    text_field,
)
from apps.nodes.registry import register

YEAR_S = 366 * 24 * 3600
MAX_KEY = 200


class SignalConfig(Config):
    name: str = Field(
        pattern=r"^[a-z][a-z0-9_.-]{0,62}$", description="What the signal is called, such as paid."
    )
    key: str = text_field(
        description="What tells this run's signal from those of others, such as an order number."
    )
    timeout_s: float | None = Field(
        None, gt=0, le=YEAR_S, title="Wait at most", json_schema_extra={"x-unit": "s"}
    )
    json_schema: dict[str, Any] | None = Field(
        None,
        title="Expected payload",
        description="A signal that does not fit is refused, and the step waits on.",
        json_schema_extra={"x-widget": "json-schema"},
    )

    @field_validator("json_schema")
    @classmethod
    def schema_is_usable(cls, schema: JSONDict | None) -> JSONDict | None:
        if schema and _has_patterns(schema):
            raise ValueError("Patterns are not supported: judge the text in a later step.")
        return schema and check_schema(schema)


class SignalOutput(Output):
    name: str
    key: str
    payload: Any
    received_at: str


@register
class Signal(Node[SignalConfig, SignalOutput]):
    """Wait until somebody outside sends a signal of this name and key; it then is the output.

    Programs send it by `POST /api/v1/signals/`. It is taken once; without one in time the run goes
    on by `timeout`. Waiting holds nothing.
    """

    name, label, group, icon = "flow.signal", "Wait for signal", Group.LOGIC, "radio"
    effect, asks_others = Effect.PURE, True
    config, output = SignalConfig, SignalOutput
    outputs = (Port("out", "Signal", Kind.JSON), Port("timeout", "No signal", Kind.JSON))
    needed = ("key",)
    example = {"name": "paid", "key": "{{ input.order }}", "timeout_s": 3600}

    async def run(self, config: SignalConfig, context: NodeContext) -> Result:
        if context.decision is None:
            return _wait(config)
        answer = context.decision
        timed_out = answer["decision"] == "expired"
        output = {
            "name": config.name,
            "key": config.key,
            "payload": None if timed_out else answer.get("form"),
            "received_at": answer["at"],
        }
        return Routed("timeout" if timed_out else "out", output)


def _wait(config: SignalConfig) -> Suspend:
    key = config.key.strip()
    if not key or len(key) > MAX_KEY:
        raise NodeError(
            "bad_key",
            "The key is empty." if not key else f"The key is longer than {MAX_KEY} characters.",
            hint="Look at what the expression of the key gave.",
        )
    terms = {"schema": config.json_schema}
    data: JSONDict = {"signal": config.name, "key": key, "terms": terms}
    return Suspend("signal", seconds=config.timeout_s, data=data)


def _has_patterns(schema: JSON) -> bool:
    """Tell whether a schema has regular expressions, which whoever sends could make endless."""
    if isinstance(schema, list):
        return any(_has_patterns(each) for each in schema)
    if not isinstance(schema, dict):
        return False
    own = isinstance(schema.get("pattern"), str) or "patternProperties" in schema
    return own or any(_has_patterns(each) for each in schema.values())

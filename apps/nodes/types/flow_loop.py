"""The same steps again and again, until something holds."""

from typing import Any, Literal

from pydantic import Field

from apps.common.types import JSONDict
from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    Output,
    Result,
    RoundsDone,
    Spawn,
    value_field,
)
from apps.nodes.registry import register


class Variable(Config):
    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,62}$")
    value: Any = value_field(None)


class LoopConfig(Config):
    variables: list[Variable] = Field(
        default_factory=list,
        max_length=50,
        description="Known inside as vars.<name>; the values before the first round.",
        json_schema_extra={"x-widget": "key-value", "x-expression": True},
    )
    update: list[Variable] = Field(
        default_factory=list,
        max_length=50,
        description="New values after each round; prev is what the round gave.",
        json_schema_extra={"x-widget": "key-value", "x-expression": True},
    )
    until: Any = value_field(
        False, description="Looked at after each round: the loop ends when this holds."
    )
    max_rounds: int = Field(ge=1, le=5_000, title="At most", json_schema_extra={"x-unit": "rounds"})
    at_limit: Literal["fail", "stop"] = Field(
        "fail", title="When the limit is reached", description="Fail, or go on with the last round."
    )


class LoopOutput(Output):
    result: Any
    rounds: int
    vars: dict[str, Any]


@register
class Loop(Node[LoopConfig, LoopOutput]):
    """Repeat the steps inside until a condition holds, at most so many times.

    Inside, `index` is the number of the round from 0, `vars` are the variables, and `prev` of the
    first steps is what the round before gave. The condition and the new values of the variables
    can name the inner steps.
    """

    name, label, group, icon = "flow.loop", "Loop", Group.LOGIC, "repeat"
    effect = Effect.PURE
    config, output = LoopConfig, LoopOutput
    holds_steps = True
    round_fields = frozenset({"update", "until"})
    example = {
        "variables": [{"name": "tries", "value": 0}],
        "update": [{"name": "tries", "value": "{{ vars.tries + 1 }}"}],
        "until": "{{ prev.ok }}",
        "max_rounds": 10,
    }

    async def run(self, config: LoopConfig, context: NodeContext) -> Result:
        done = context.rounds
        if done is None:
            return Spawn(vars={each.name: each.value for each in config.variables})
        after = {**done.vars, **{each.name: each.value for each in config.update}}
        if not config.until and done.count < config.max_rounds:
            return Spawn(vars=after)
        if not config.until and config.at_limit == "fail":
            raise _never_held(config)
        return _output(done, after)


def _never_held(config: LoopConfig) -> NodeError:
    return NodeError(
        "loop_limit",
        f"The condition did not hold after {config.max_rounds} rounds.",
        hint="Allow more rounds, or let the loop stop at the limit.",
    )


def _output(done: RoundsDone, after: JSONDict) -> LoopOutput:
    return LoopOutput(result=done.results[-1], rounds=done.count, vars=after)

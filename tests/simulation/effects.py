"""A step that acts on a target, and the target, which keeps what it saw."""

from dataclasses import dataclass, field
from random import Random
from typing import Literal

from apps.nodes.base import Config, Effect, Group, Node, NodeContext, NodeError, Output, Port


@dataclass(frozen=True)
class Call:
    """What the target saw of one call, and how many commits there had been by then."""

    run: str
    node: str
    key: str
    attempt: int
    effect: str
    commits: int


@dataclass
class Target:
    """Takes calls, and answers as the dice fall."""

    dice: Random
    calls: list[Call] = field(default_factory=list)
    commits: int = 0
    is_kind: bool = False  # it fails no more

    def call(self, context: NodeContext, effect: str) -> str:
        """Take a call: it may succeed, fail with effect or without, for good or for a while."""
        fate = 0.0 if self.is_kind else self.dice.random()
        if fate < 0.9:
            key, attempt = context.idempotency_key, context.attempt
            self.calls.append(
                Call(context.run_id, context.node_id, key, attempt, effect, self.commits)
            )
        if fate > 0.8:
            for_a_while = self.dice.random() < 0.7
            raise NodeError("refused", "The target refused.", retryable=for_a_while)
        return "done"


class ActConfig(Config):
    effect: Literal["idempotent", "keyed", "once"]


class ActOutput(Output):
    answer: str


class Act(Node[ActConfig, ActOutput]):
    """Call the target."""

    name, label, group, icon = "sim.effect", "Act", Group.INTEGRATION, "globe"
    config, output = ActConfig, ActOutput
    outputs = (Port("out"),)
    example = {"effect": "keyed"}
    target: Target

    @classmethod
    def effect_of(cls, config: ActConfig) -> Effect:
        return Effect(config.effect)

    async def run(self, config: ActConfig, context: NodeContext) -> ActOutput:
        return ActOutput(answer=self.target.call(context, config.effect))

"""Workflows made up by dice: branches, joins, rounds, waits, questions, effects and what undoes them."""

from random import Random
from typing import Any

from apps.common.types import JSONDict
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.workflows import validation
from apps.workflows.definition import parse
from tests.runs.interpreter.test_semantics import graph, transform, when
from tests.workflows.definitions import edge, node

EFFECTS = ("idempotent", "keyed", "once")
JOINS: tuple[Any, ...] = ("all", "all", "any", {"n": 2})
PORTS = {"logic.if": ("true", "false"), "human.approval": ("approved", "rejected", "expired")}
SOON = {"max_attempts": 3, "initial_s": 2, "max_s": 4}
LATER = {"max_attempts": 2, "initial_s": 60, "max_s": 90}


def invent(dice: Random, child: str) -> JSONDict:
    """Return a definition that passes validation; `child` is a workflow that it may run."""
    made = _Inventor(dice, child)
    made.body(None, ["start"], dice.randint(2, 5))
    settings: JSONDict = {"timeout_s": 900} if dice.random() < 0.1 else {}
    definition = graph(*made.nodes, *made.edges, **settings)
    assert validation.errors(parse(definition)) == []
    return definition


class _Inventor:
    def __init__(self, dice: Random, child: str) -> None:
        self.dice = dice
        self.child = child
        self.nodes: list[JSONDict] = []
        self.edges: list[JSONDict] = []

    def body(self, parent: str | None, before: list[str], size: int) -> None:
        """Add steps that lie in one step, each after some of those before it."""
        before = list(before)
        for _ in range(size):
            made = self.step(parent)
            if before:
                self.join(made, before)
            before.append(made["id"])

    def step(self, parent: str | None) -> JSONDict:
        """Add one step, perhaps with others in it."""
        kinds = [self.effect, self.effect, self.compute, self.branch, self.wait]
        kinds += [self.ask] if parent is None else []
        if parent is None and not self.has("flow.run"):
            kinds.append(self.inner)
        if self.depth(parent) < 2 and len(self.nodes) < 8:
            kinds += [self.each, self.loop]
        made: JSONDict = self.dice.choice(kinds)(f"n{len(self.nodes)}")
        if parent is not None:
            made["parent"] = parent
        self.nodes.append(made)
        if made["type"] in ("flow.each", "flow.loop"):
            self.body(made["id"], [], self.dice.randint(1, 2))
        elif made["type"] == "sim.effect" and parent is None and self.dice.random() < 0.15:
            self.undo(made)
        return made

    def join(self, made: JSONDict, before: list[str]) -> None:
        """Lead to a step from some of those before it."""
        known = {each["id"]: each for each in self.nodes}
        for source in self.dice.sample(before, min(len(before), self.dice.choice((1, 1, 2, 3)))):
            type_ = known[source]["type"] if source in known else "core.start"
            ports = PORTS.get(type_, ("out",))
            if known.get(source, {}).get("on_error") == "branch":
                ports = (*ports, "error")
            closed = {"when": self.dice.choice(("True", "False"))} if self.luck(0.05) else {}
            self.edges.append(edge(source, made["id"], self.dice.choice(ports), **closed))
        made["join"] = self.dice.choice(JOINS)

    def effect(self, name: str) -> JSONDict:
        policy = self.dice.choice((SOON, SOON, LATER, None))
        made = node(name, "sim.effect", config={"effect": self.dice.choice(EFFECTS)})
        made["on_error"] = self.dice.choice(("fail", "branch", "branch", "continue", "default"))
        return {**made, "retry": policy} if policy else made

    def compute(self, name: str) -> JSONDict:
        return transform(name)

    def branch(self, name: str) -> JSONDict:
        return when(name, self.dice.choice((True, False)))

    def wait(self, name: str) -> JSONDict:
        return node(name, "flow.wait", config={"seconds": self.dice.choice((0, 5, 60, 600))})

    def ask(self, name: str) -> JSONDict:
        limit = {"expires_after_s": 60} if self.luck(0.5) else {}
        return node(
            name, "human.approval", config={"title": "On?", "actions": DEFAULT_ACTIONS, **limit}
        )

    def inner(self, name: str) -> JSONDict:
        config = {"workflow": self.child, "inputs": {}}
        return node(name, "flow.run", config=config, on_error="continue")

    def each(self, name: str) -> JSONDict:
        config = {
            "items": list(range(self.dice.randint(1, 4))),
            "max_parallel": self.dice.randint(1, 3),
            "on_item_error": self.dice.choice(("fail", "null", "drop")),
        }
        return node(name, "flow.each", config=config, on_error=self.dice.choice(("fail", "branch")))

    def loop(self, name: str) -> JSONDict:
        config = {"max_rounds": self.dice.randint(1, 2), "at_limit": "stop"}
        return node(name, "flow.loop", config=config, on_error=self.dice.choice(("fail", "branch")))

    def undo(self, made: JSONDict) -> None:
        """Add the step that takes back what another one did."""
        made["undo"] = True
        back = node(f"{made['id']}_undo", "sim.effect", config={"effect": "keyed"}, retry=SOON)
        self.nodes.append({**back, "on_error": "fail"})
        self.edges.append(edge(made["id"], back["id"], "undo"))

    def has(self, type_: str) -> bool:
        return any(each["type"] == type_ for each in self.nodes)

    def luck(self, chance: float) -> bool:
        return self.dice.random() < chance

    def depth(self, parent: str | None) -> int:
        known = {each["id"]: each for each in self.nodes}
        return 0 if parent is None else 1 + self.depth(known[parent].get("parent"))

"""The same steps for every item of a list."""

from typing import Any, Literal

from pydantic import Field

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
    Spawn,
    value_field,
)
from apps.nodes.registry import register

MOST_ITEMS = 10_000


class EachConfig(Config):
    items: Any = value_field([], description="A list; the inner steps run once for each item.")
    max_parallel: int = Field(
        10, ge=1, le=50, title="At the same time", description="How many items at once."
    )
    on_item_error: Literal["fail", "null", "drop"] = Field(
        "fail",
        title="When an item fails",
        description="Fail the step, or go on: with an empty result, or without one.",
    )


class EachOutput(Output):
    results: list[Any]
    count: int
    errors: list[dict[str, Any]]


@register
class Each(Node[EachConfig, EachOutput]):
    """Run the steps inside for every item of a list, several at once; results keep the order.

    Inside, `item` is the item and `index` its number from 0. The result of an item is what the
    last inner step gives; where several are last, an object by their ids.
    """

    name, label, group, icon = "flow.each", "For each", Group.LOGIC, "repeat"
    effect = Effect.PURE
    config, output = EachConfig, EachOutput
    inputs = (Port("in", "Input"),)
    outputs = (Port("out", "Results", Kind.LIST),)
    holds_steps = True
    needed = ("items",)
    example = {"items": "{{ prev.orders }}", "max_parallel": 10, "on_item_error": "fail"}

    async def run(self, config: EachConfig, context: NodeContext) -> Result:
        if context.rounds is None:
            tolerant = config.on_item_error != "fail"
            return Spawn(_listed(config.items), parallel=config.max_parallel, tolerant=tolerant)
        results, errors = context.rounds.results, context.rounds.errors
        if config.on_item_error == "drop":
            results = _without(results, errors)
        return EachOutput(results=results, count=context.rounds.count, errors=errors)


def _listed(items: JSON) -> list[JSON]:
    if not isinstance(items, list):
        raise NodeError(
            "not_a_list",
            f"There is no list to go through, but {_named(items)}.",
            hint="Give a list, such as {{ prev.orders }}.",
        )
    if len(items) > MOST_ITEMS:
        raise NodeError(
            "too_many_items",
            f"The list has {len(items)} items; {MOST_ITEMS} are allowed.",
            hint="Split the list, or let a workflow of its own go through each part.",
        )
    return items


def _without(results: list[JSON], errors: list[JSONDict]) -> list[JSON]:
    failed = {error["index"] for error in errors}
    return [result for index, result in enumerate(results) if index not in failed]


def _named(value: JSON) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "an object"
        case str():
            return "a text"
    return "a number or yes/no"

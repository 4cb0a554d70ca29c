"""Loops of n8n, which are circles there: a node hands out items, and the way leads back to it.

Here a loop is a step that holds others. A circle becomes one where nothing else leads into it or
out of it; any other stays as it was drawn, around a placeholder.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from apps.common.types import JSONDict
from apps.workflows.importing import n8n_steps
from apps.workflows.importing.n8n_steps import Step

SPLIT = "n8n-nodes-base.splitInBatches"
Link = tuple[str, str, int, str]  # source, kind, output, target


@dataclass(frozen=True)
class Loop:
    """One node that hands out items, what lies in its circle, and which of these come first."""

    name: str
    inner: frozenset[str]
    first: frozenset[str]

    def turns(self, link: Link) -> bool:
        """Tell whether a link leads from the loop to its inner steps, or back."""
        source, _, _, target = link
        return (source == self.name and target in self.inner) or (
            target == self.name and source in self.inner
        )


def find_loops(nodes: Iterable[JSONDict], links: Sequence[Link]) -> list[Loop]:
    """Return the loops, those that hold the fewest steps first: the inner before the outer."""
    nodes = list(nodes)
    outside = {node["name"] for node in nodes if n8n_steps.only_outside(node["type"])}
    splits = [node for node in nodes if node["type"] == SPLIT]
    found = (_loop(node, links, outside) for node in splits)
    return sorted((loop for loop in found if loop), key=lambda loop: len(loop.inner))


def step_of(parameters: JSONDict) -> Step:
    """Return the step that a loop becomes: one item after the other, as there."""
    remarks = ["give the list that it goes through; here a step gives one value, not items."]
    size = parameters.get("batchSize", 1)
    if size != 1:
        remarks.append(
            f"it took {str(size)[:40]} items at a time; here each has a round of its own."
        )
    config = {"items": "{{ prev }}", "max_parallel": 1}
    return Step("flow.each", config, ["out", "out"], remarks)


def _loop(node: JSONDict, links: Sequence[Link], outside: set[str]) -> Loop | None:
    name = node["name"]
    version = node.get("typeVersion", 1)
    output = 1 if isinstance(version, int | float) and version >= 3 else 0
    ways: dict[str, set[str]] = defaultdict(set)
    for source, _, _, target in links:
        ways[source].add(target)
    handed = {link[3] for link in links if link[0] == name and link[2] == output}
    done = {link[3] for link in links if link[0] == name and link[2] != output}
    inner = _with_helpers(_reached(handed, ways, name), ways)
    returns = any(name in ways[each] for each in inner)
    strangers = any(
        target in inner and source not in inner | {name} for source, _, _, target in links
    )
    if not returns or strangers or inner & (done | outside):
        return None
    return Loop(name, frozenset(inner), frozenset(handed))


def _reached(begin: Iterable[str], ways: dict[str, set[str]], end: str) -> set[str]:
    """Return what can be reached without going through `end`."""
    reached: set[str] = set()
    stack = list(begin)
    while stack:
        each = stack.pop()
        if each != end and each not in reached:
            reached.add(each)
            stack += ways[each]
    return reached


def _with_helpers(inner: set[str], ways: dict[str, set[str]]) -> set[str]:
    """Add what only serves these steps: to n8n the model of an AI step is a node that leads to it."""
    while (
        helpers := {each for each, targets in ways.items() if targets and targets <= inner} - inner
    ):
        inner = inner | helpers
    return inner

"""Rendering steps together with those before them.

A feed of the sandbox costs more than what is computed in it. Where a step's output follows from
its texts, the steps after it are rendered in the same feed, from what it is going to give. When
they are ready, that is compared with what it gave: a guess that was wrong is never used.
"""

from collections import deque
from collections.abc import Mapping, Sequence

from apps.common.types import JSON
from apps.runs.state.course import Course, Spot
from apps.runs.state.names import Names
from apps.runs.state.payloads import UNREADABLE
from apps.runs.state.vector import ERROR_PORT, Byte
from apps.sandbox.exceptions import CodeFailed
from apps.sandbox.feeds import Given, Job, Rendered
from apps.workflows.graph import CompiledEdge, CompiledNode

MOST = 250  # steps rendered ahead in one feed


class Foresight:
    """Keeps the configs of steps that are not ready yet, with what they were made from."""

    def __init__(self, course: Course, names: Names) -> None:
        self._course = course
        self._names = names
        self._kept: dict[Spot, tuple[JSON, dict[Spot, JSON]]] = {}
        self._sources: dict[Spot, dict[Spot, int]] = {}  # by the place of their jobs in the feed

    def take(self, spot: Spot) -> JSON:
        """Return a step's config if it was rendered ahead from what came true."""
        config, guessed = self._kept.pop(spot, (None, {}))
        outputs = self._names.outputs
        if all(outputs.is_known(source, output) for source, output in guessed.items()):
            return config
        return None

    def following(self, first: Mapping[Spot, int], count: int) -> dict[Spot, Job]:
        """Return jobs for the steps after some that are rendered now, to follow in one feed.

        `first` are the places of their jobs among the `count` that the feed has already.
        """
        self._sources.clear()
        jobs: dict[Spot, Job] = {}
        given = {spot: Given(place) for spot, place in first.items() if self._gives(spot)}
        open_ = deque(given)
        while open_ and len(jobs) < MOST:
            source = open_.popleft()
            for edge in self._node(source).outgoing:
                target = Spot(source.frame, edge.target)
                job = self._job(edge, source, target, given)
                if job is not None and target not in jobs:
                    jobs[target] = job
                    if self._gives(target):
                        given[target] = Given(count + len(jobs) - 1)
                        open_.append(target)
        return jobs

    def keep(self, spots: Sequence[Spot], rendered: Sequence[Rendered]) -> None:
        """Keep what was rendered ahead, which stands at the end of what the feed gave."""
        made = rendered[len(rendered) - len(spots) :]
        for spot, each in zip(spots, made, strict=True):
            guessed = {
                source: rendered[place].gave for source, place in self._sources[spot].items()
            }
            if not isinstance(each.value, CodeFailed) and None not in guessed.values():
                self._kept[spot] = each.value, guessed

    def _job(
        self, edge: CompiledEdge, source: Spot, target: Spot, given: Mapping[Spot, Given]
    ) -> Job | None:
        node = self._node(target)
        if edge.when is not None or edge.port == ERROR_PORT or not self._follows(target, node):
            return None
        try:
            job = self._names.job_ahead(target, given[source], given)
        except (KeyError, *UNREADABLE):
            return None
        named = self._names.named_ahead(target, given)
        self._sources[target] = {spot: given[spot].job for spot in (source, *named)}
        return job

    def _follows(self, spot: Spot, node: CompiledNode) -> bool:
        """Tell whether a step starts as soon as the one before it has ended."""
        return (
            len(node.incoming) == 1
            and node.body is None
            and self._course.byte(spot) == Byte.IDLE
            and not self._names.is_edited(spot)
        )

    def _gives(self, spot: Spot) -> bool:
        return self._node(spot).gives is not None

    def _node(self, spot: Spot) -> CompiledNode:
        return self._names.graph(spot.frame).nodes[spot.place]

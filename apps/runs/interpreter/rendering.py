"""What steps that are ready get, and their configs, rendered in one feed with those that follow."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.runs.interpreter.foresight import Foresight
from apps.runs.interpreter.loops import Loops
from apps.runs.state.course import Course, Spot
from apps.runs.state.names import Names, Renderer
from apps.sandbox.exceptions import CodeFailed
from apps.sandbox.feeds import Job, answered


@dataclass
class Ready:
    """A step that is ready: what it gets, and its config once that is rendered."""

    spot: Spot
    prev: JSON
    config: Any = None
    jobs: list[Job] = field(default_factory=list)


class Rendering:
    """Makes the configs of steps."""

    def __init__(
        self,
        names: Names,
        course: Course,
        loops: Loops,
        foresight: Foresight,
        renderer: Renderer,
    ) -> None:
        self._names = names
        self._course = course
        self._loops = loops
        self._foresight = foresight
        self._renderer = renderer

    def of(self, spot: Spot) -> Ready:
        """Return what a step gets, with its config or the jobs that render it.

        Raises StorageAway or BlobUnusable where something that it needs cannot be read.
        """
        prev = self._names.prev(spot, self._course.arrived(spot))
        config = self._foresight.take(spot)
        if config is not None:
            return Ready(spot, prev, config)
        after = self._loops.last_round(self._course.loops.get(spot))
        return Ready(spot, prev, jobs=self._names.config_jobs(spot, prev, after))

    def render(self, ready: Sequence[Ready]) -> None:
        """Give each step its config, or its error; all that need the sandbox in one feed."""
        for each in ready:
            each.config = each.config or self._plain(each.jobs)
        asked = [each for each in ready if each.config is None]
        if not asked:
            return
        jobs: list[Job] = []
        places: dict[Spot, int] = {}
        for each in asked:
            places[each.spot] = len(jobs)
            jobs += each.jobs
        ahead = self._foresight.following(places, len(jobs))
        rendered = self._renderer.render_all(
            [*jobs, *ahead.values()], self._names.shared, len(ahead)
        )
        if len(rendered) == len(jobs) + len(ahead):
            self._foresight.keep(list(ahead), rendered)
        for each in asked:
            first = places[each.spot]
            parts = rendered[first : first + len(each.jobs)]
            each.config = _merged([part.value for part in parts])

    def _plain(self, jobs: Sequence[Job]) -> JSONDict | None:
        """Return a config that needs no sandbox; None where it needs one."""
        parts = [answered(job, self._names.shared) for job in jobs]
        values = [part.value for part in parts if part is not None]
        return _merged(values) if len(values) == len(parts) else None


def _merged(parts: list[Any]) -> Any:
    """Return the parts of a rendered config in one, or the first error."""
    failed = next((part for part in parts if isinstance(part, CodeFailed)), None)
    return failed or {key: value for part in parts for key, value in part.items()}

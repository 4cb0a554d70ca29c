"""Where a run is: in its graph, and in the rounds of the steps that hold others.

Pure logic without a database: what happened goes in, what may start comes out. A step that holds
others runs them in rounds, each a frame with a walk of its own; a round may also be a chunk that
another run carries. When all rounds of a plan are over, the step is ready again, to be asked what
it makes of them.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from apps.common.types import JSONDict
from apps.runs.state.vector import OPEN, Byte, Takes, Walk, takes_none
from apps.workflows.graph import Graph


class Stored(NamedTuple):
    """A course as it is stored: the bytes of the workflow's own steps, and the open rounds."""

    state: bytes
    loops: JSONDict


class Spot(NamedTuple):
    """A step in a frame: in the workflow itself, which is "", or in a round such as `each_1.3`."""

    frame: str
    place: int


@dataclass(frozen=True)
class Plan:
    """Which rounds a step wants: `count` of them from `first` on, so many at the same time.

    With `tolerant` a round that fails ends alone. With `chunked` other runs carry the rounds.
    Where it is `listed`, each round is for an item of a list, or for a chunk of `size` items.
    """

    count: int
    first: int = 0
    parallel: int = 1
    tolerant: bool = False
    chunked: bool = False
    listed: bool = False
    size: int = 0  # as ever: what is stored of it was so before there was another
    vars: JSONDict = field(default_factory=dict)


@dataclass
class Loop:
    """The rounds of one step: which are open, and which have failed with what."""

    spot: Spot
    key: str
    body: Graph
    plan: Plan
    opened: int = 0
    open: dict[int, "Frame | None"] = field(default_factory=dict)
    failed: dict[int, JSONDict] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether every round of the plan has ended."""
        return not self.open and self.opened == self.plan.count

    @property
    def rounds(self) -> range:
        """The numbers of the plan's rounds."""
        return range(self.plan.first, self.plan.first + self.plan.count)

    def path(self, index: int) -> str:
        """Return the frame of a round."""
        return f"{self.key}.{index}"


@dataclass
class Frame:
    """A graph that is being walked: the workflow's, or a body in one of its rounds."""

    path: str
    walk: Walk
    loop: Loop | None = None
    index: int = 0


class Course:
    """The way of one run, with all frames that are open."""

    def __init__(
        self,
        graph: Graph,
        stored: Stored,
        takes: Callable[[str], Takes],
        recall: "Callable[[Course, Loop], None]",
    ) -> None:
        """Take up a run at what was stored of it.

        `takes` tells for a frame which edges its settled steps took; `recall` hears of each loop
        before the frames of its open rounds are made.
        """
        self.frames: dict[str, Frame] = {}
        self.loops: dict[Spot, Loop] = {}
        self.ready: deque[Spot] = deque()
        # Since the caller last emptied them:
        self.skipped: list[Spot] = []
        self.closed: list[Frame] = []
        self.chunks: list[tuple[Loop, int]] = []
        self._takes = takes
        self._add(Frame("", Walk(graph, stored.state, self._ways(stored.state, ""))))
        for key in sorted(stored.loops, key=lambda key: key.count("/")):
            self._restore(key, stored.loops[key], recall)

    @property
    def stored(self) -> Stored:
        """Return what is to be stored."""
        loops = {loop.key: _stored(loop) for loop in self.loops.values()}
        return Stored(bytes(self.frames[""].walk.state), loops)

    @property
    def is_over(self) -> bool:
        """Whether no step is open: what is idle then will never be reached."""
        return self.frames[""].walk.is_over

    def where(self, *bytes_: Byte) -> Iterator[Spot]:
        """Yield the steps of open frames that are in one of these states."""
        for frame in self.frames.values():
            yield from (Spot(frame.path, place) for place in frame.walk.where(*bytes_))

    def byte(self, spot: Spot) -> int:
        """Return what is known of a step; those of frames that were given up are cancelled."""
        frame = self.frames.get(spot.frame)
        return Byte.CANCELLED if frame is None else frame.walk.state[spot.place]

    def find(self, frame: str, node: str) -> Spot | None:
        """Return the step of an open frame by its id."""
        found = self.frames.get(frame)
        return None if found is None else Spot(frame, found.walk.graph.index[node])

    def arrived(self, spot: Spot) -> list[Spot]:
        """Return the steps whose edges were taken to this one, in that order."""
        arrived = self.frames[spot.frame].walk.arrived(spot.place)
        return [Spot(spot.frame, place) for place in arrived]

    def mark(self, spot: Spot, byte: Byte) -> None:
        """Note that a step runs, waits or, made ready, is to be started."""
        frame = self.frames[spot.frame]
        frame.walk.mark(spot.place, byte)
        self._drain(frame)

    def set_aside(self, spot: Spot) -> None:
        """Note that a step is ready, where the caller has an attempt at it in hand."""
        self.frames[spot.frame].walk.state[spot.place] = Byte.READY

    def note_end(self, spot: Spot, byte: Byte) -> None:
        """Note how a step ended from which nothing goes on."""
        if spot.frame in self.frames:
            self.frames[spot.frame].walk.state[spot.place] = byte

    def round_of(self, spot: Spot) -> tuple[Loop, int]:
        """Return the loop and the number of the round in which a step lies."""
        frame = self.frames[spot.frame]
        assert frame.loop is not None
        return frame.loop, frame.index

    def settle(self, spot: Spot, byte: Byte, takes: Takes) -> None:
        """Note how a step ended, and which edges of its frame are taken."""
        self.loops.pop(spot, None)
        frame = self.frames[spot.frame]
        frame.walk.settle(spot.place, byte, takes)
        self._drain(frame)
        self._close_if_over(frame)

    def undo(self, place: int) -> None:
        """Make the step ready that takes back what one of the workflow's own steps did."""
        top = self.frames[""]
        top.walk.undo(place)
        self._drain(top)

    def spawn(self, spot: Spot, plan: Plan) -> None:
        """Begin the rounds of a step; without any it is asked again at once."""
        walk = self.frames[spot.frame].walk
        node = walk.graph.nodes[spot.place]
        assert node.body is not None
        loop = Loop(spot, self.key(spot), node.body, plan)
        self.loops[spot] = loop
        walk.mark(spot.place, Byte.SPAWNED)
        self._go_on(loop)

    def key(self, spot: Spot) -> str:
        """Return the path of a step, from which those of its rounds are made."""
        node = self.frames[spot.frame].walk.graph.nodes[spot.place].id
        return f"{spot.frame}/{node}" if spot.frame else node

    def end_round(self, loop: Loop, index: int, error: JSONDict | None = None) -> None:
        """Note that a round is over, and begin the next."""
        frame = loop.open.pop(index)
        if frame is not None:
            self.frames.pop(frame.path, None)
        if error is not None:
            loop.failed[index] = error
        self._go_on(loop)

    def give_up(self, path: str) -> list[Spot]:
        """Forget a frame and all inside it; return the steps that were open there."""
        inner = [each for each in self.frames if each == path or each.startswith(f"{path}/")]
        open_ = [spot for spot in self.where(*OPEN) if spot.frame in inner]
        for each in inner:
            del self.frames[each]
        self.loops = {spot: loop for spot, loop in self.loops.items() if spot.frame not in inner}
        self.ready = deque(spot for spot in self.ready if spot.frame not in inner)
        return open_

    def drop(self, loop: Loop) -> list[Spot]:
        """Forget all rounds of a step; return the steps that were open in them."""
        open_ = [spot for index in loop.open for spot in self.give_up(loop.path(index))]
        self.loops.pop(loop.spot, None)
        self.chunks = [each for each in self.chunks if each[0] is not loop]
        return open_

    def stop(self) -> list[Spot]:
        """Cancel all that is open; return the steps that were."""
        top = self.frames[""]
        open_ = list(self.where(*OPEN))
        for spot in open_:
            if not spot.frame:
                top.walk.state[spot.place] = Byte.CANCELLED
        self.frames = {"": top}
        self.loops.clear()
        self.ready.clear()
        self.chunks.clear()
        return open_

    def awaited_chunks(self) -> list[tuple[str, str]]:
        """Return frame and step of the rounds that other runs carry."""
        chunked = [loop for loop in self.loops.values() if loop.plan.chunked]
        return [
            (loop.path(index), loop.key.rpartition("/")[2])
            for loop in chunked
            for index in loop.open
        ]

    def chunk(self, frame: str) -> tuple[Loop, int] | None:
        """Return the loop and the number of a round that another run carries."""
        key, _, index = frame.rpartition(".")
        for loop in self.loops.values():
            if loop.key == key and loop.plan.chunked and int(index) in loop.open:
                return loop, int(index)
        return None

    def _go_on(self, loop: Loop) -> None:
        while len(loop.open) < loop.plan.parallel and loop.opened < loop.plan.count:
            index = loop.plan.first + loop.opened
            loop.opened += 1
            loop.open[index] = None
            if loop.plan.chunked:
                self.chunks.append((loop, index))
            else:
                self._begin(loop, index, b"")
        if loop.is_over:
            self.mark(loop.spot, Byte.READY)

    def _begin(self, loop: Loop, index: int, state: bytes) -> None:
        path = loop.path(index)
        frame = Frame(path, Walk(loop.body, state, self._ways(state, path)), loop, index)
        loop.open[index] = frame
        self._add(frame)

    def _ways(self, state: bytes, path: str) -> Takes:
        return self._takes(path) if any(state) else takes_none

    def _add(self, frame: Frame) -> None:
        self.frames[frame.path] = frame
        self._drain(frame)

    def _drain(self, frame: Frame) -> None:
        walk = frame.walk
        while walk.ready:
            self.ready.append(Spot(frame.path, walk.ready.popleft()))
        self.skipped += (Spot(frame.path, place) for place in walk.skipped)
        walk.skipped.clear()

    def _close_if_over(self, frame: Frame) -> None:
        if frame.loop is not None and frame.walk.is_over:
            self.closed.append(frame)
            self.end_round(frame.loop, frame.index)

    def _restore(
        self, key: str, stored: JSONDict, recall: "Callable[[Course, Loop], None]"
    ) -> None:
        path, _, node = key.rpartition("/")
        walk = self.frames[path].walk
        spot = Spot(path, walk.graph.index[node])
        body = walk.graph.nodes[spot.place].body
        assert body is not None
        loop = Loop(spot, key, body, Plan(**stored["plan"]), stored["opened"])
        loop.failed = {int(index): error for index, error in stored["failed"].items()}
        self.loops[spot] = loop
        recall(self, loop)
        for index, state in stored["open"].items():
            loop.open[int(index)] = None
            if not loop.plan.chunked:
                self._begin(loop, int(index), bytes.fromhex(state))


def _stored(loop: Loop) -> JSONDict:
    plan = {name: getattr(loop.plan, name) for name in Plan.__dataclass_fields__}
    if not loop.plan.size:
        del plan["size"]
    open_ = {
        str(index): frame.walk.state.hex() if frame else "" for index, frame in loop.open.items()
    }
    failed = {str(index): error for index, error in loop.failed.items()}
    return {"plan": plan, "opened": loop.opened, "open": open_, "failed": failed}

"""Joins, skips and rounds against a naive reading of the graph, for graphs and orders that hypothesis makes up."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.types import JSONDict
from apps.runs.state.course import Course, Loop, Plan, Spot, Stored
from apps.runs.state.vector import Byte, Takes, Walk, leaves_by, takes_none
from apps.workflows.definition import parse
from apps.workflows.graph import CompiledEdge, Graph, compile_graph
from tests.runs.interpreter.test_semantics import graph, transform
from tests.runs.naive import Naive
from tests.workflows.definitions import edge, node

PORTS = ("out", "error")
JOINS: tuple[Any, ...] = ("all", "any", {"n": 2}, {"n": 3})


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Return a graph whose edges lead from earlier steps to later ones."""
    size = draw(st.integers(1, 8))
    parts: list[JSONDict] = []
    for number in range(size):
        parts.append(transform(f"n{number}", join=draw(st.sampled_from(JOINS))))
        earlier = ["start", *(f"n{each}" for each in range(number))]
        sources = draw(st.lists(st.sampled_from(earlier), min_size=1, max_size=4, unique=True))
        parts += [edge(s, f"n{number}", draw(st.sampled_from(PORTS))) for s in sources]
    return compile_graph(parse(graph(*parts)))


class Conditions:
    """Which edges are open, as hypothesis decides once for each."""

    def __init__(self, graph_: Graph, data: st.DataObject) -> None:
        edges = [(e.source, e.target) for n in graph_.nodes for e in n.outgoing]
        self.open = {each: data.draw(st.booleans() | st.just(True)) for each in edges}

    def takes(self, port: str) -> Takes:
        return lambda e: leaves_by(port, e) and self.open[e.source, e.target]

    def recalled(self, ports: dict[int, str]) -> Takes:
        def takes(e: CompiledEdge) -> bool:
            return e.source in ports and self.takes(ports[e.source])(e)

        return takes


@settings(max_examples=300)
@given(graphs(), st.data())
def test_a_walk_means_what_the_naive_reading_means(graph_: Graph, data: st.DataObject) -> None:
    conditions = Conditions(graph_, data)
    walk, naive = Walk(graph_, b"", takes_none), Naive(graph_, conditions.open)
    ready, begun = list(walk.ready), set(walk.ready)
    walk.ready.clear()
    while ready:
        assert begun == naive.begun_or_ready
        place = ready.pop(data.draw(st.integers(0, len(ready) - 1)))
        port = data.draw(st.sampled_from(("", "out", "error")))
        byte = Byte.FAILED if port == "error" else Byte.DONE
        if data.draw(st.booleans()):  # another worker goes on from what is stored
            walk.state[place] = Byte.RUNNING
            walk = Walk(graph_, bytes(walk.state), conditions.recalled(naive.left_by))
            assert sorted(walk.ready) == sorted(ready)
            walk.ready.clear()
        walk.settle(place, byte, conditions.takes(port))
        naive.ended(place, port)
        assert not begun & set(walk.ready), "a step is made ready twice"
        assert len(set(walk.ready)) == len(walk.ready)
        begun |= set(walk.ready)
        ready += walk.ready
        walk.ready.clear()
        assert set(walk.where(Byte.SKIPPED)) == naive.skipped
    assert walk.is_over
    assert begun == naive.begun_or_ready


@given(graphs(), st.data())
def test_the_order_in_which_steps_end_means_nothing(graph_: Graph, data: st.DataObject) -> None:
    """Joins that wait for all see the same, whoever is first; those that do not begin only once."""
    conditions = Conditions(graph_, data)
    ports = {place: data.draw(st.sampled_from(("", "error"))) for place in range(len(graph_.nodes))}
    ends = set()
    for _ in range(3):
        walk = Walk(graph_, b"", takes_none)
        while walk.ready:
            at = data.draw(st.integers(0, len(walk.ready) - 1))
            place = walk.ready[at]
            del walk.ready[at]
            byte = Byte.FAILED if ports[place] else Byte.DONE
            walk.settle(place, byte, conditions.takes(ports[place]))
        ends.add(bytes(walk.state))
    assert len(ends) == 1


def rounds() -> Graph:
    """Return a graph with a list inside of a list."""
    inner = node("inner", "flow.each", config={"items": [1]}, parent="outer")
    step = transform("a", parent="inner")
    outer = node("outer", "flow.each", config={"items": [1]})
    return compile_graph(parse(graph(outer, inner, step, transform("end"), edge("start", "outer"),
                                     edge("outer", "end"))))  # fmt: skip


class Rounds:
    """A course whose steps that hold others go through lists; counts what was made."""

    def __init__(self, plans: dict[str, Plan]) -> None:
        self.graph = rounds()
        self.plans = plans
        self.made: list[str] = []
        self.failed: set[str] = set()
        self.asked: set[Spot] = set()
        self.course = Course(self.graph, Stored(b"", {}), self.takes, _forget)

    def takes(self, frame: str) -> Takes:
        return lambda _edge: True

    def stored_and_restored(self) -> None:
        before = self.course
        self.course = Course(self.graph, before.stored, self.takes, _forget)
        assert sorted(self.course.ready) == sorted(before.ready)
        assert self.course.stored == before.stored

    def go(self, spot: Spot, *, fails: bool) -> None:
        """Begin, or end, one step that is ready."""
        self.course.ready.remove(spot)
        frame = self.course.frames[spot.frame]
        step = frame.walk.graph.nodes[spot.place]
        if step.body is not None and spot not in self.asked:
            self.asked.add(spot)
            self.course.spawn(spot, self.plans[step.id])
            return
        self.made.append(self.course.key(spot))
        if fails and spot.frame:
            self.failed.add(spot.frame)
            loop, index = self.course.round_of(spot)
            self.course.give_up(spot.frame)
            self.course.end_round(loop, index, {"code": "x"})
        else:
            self.course.settle(spot, Byte.DONE, lambda _edge: True)


def _forget(_course: Course, _loop: Loop) -> None:
    """Take no notice of a loop that is known again."""


plans = st.builds(
    Plan, count=st.integers(0, 4), parallel=st.integers(1, 3), tolerant=st.just(True),
    listed=st.just(True),
)  # fmt: skip


@settings(max_examples=150)
@given(plans, plans, st.data())
def test_rounds(outer: Plan, inner: Plan, data: st.DataObject) -> None:
    """Every round is made once, so many at a time; a failed one ends alone; stored is as good as live."""
    walk = Rounds({"outer": outer, "inner": inner})
    while walk.course.ready:
        for loop in walk.course.loops.values():
            assert len(loop.open) <= loop.plan.parallel
        if data.draw(st.booleans()):
            walk.stored_and_restored()
        ready = sorted(walk.course.ready)
        walk.go(data.draw(st.sampled_from(ready)), fails=data.draw(st.booleans()))
    assert walk.course.is_over
    assert not walk.course.loops
    assert len(walk.made) == len(set(walk.made))
    wanted = {"start", "outer", "end"}
    for first in range(outer.count):
        wanted.add(f"outer.{first}/inner")
        wanted |= {f"outer.{first}/inner.{second}/a" for second in range(inner.count)}
    assert set(walk.made) == wanted

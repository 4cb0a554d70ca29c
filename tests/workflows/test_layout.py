"""Places for definitions that came without: nothing lies on anything, and all lies in its frame."""

import itertools
from typing import Any

import pytest

from apps.workflows.definition import Definition, parse
from apps.workflows.layout import BOTTOM, LEFT, TOP, WIDTH, arrange, height_of
from tests.workflows.definitions import edge, node

Box = tuple[float, float, float, float]


def laid_out(*parts: dict[str, Any]) -> Definition:
    edges = [part for part in parts if "source" in part]
    nodes = [part for part in parts if "source" not in part]
    return arrange(parse({"schema": 1, "nodes": nodes, "edges": edges, "settings": {}}))


def each(name: str, **rest: Any) -> dict[str, Any]:
    return node(name, "flow.each", config={"items": "{{ input.all }}"}, **rest)


def step(name: str, parent: str | None = None) -> dict[str, Any]:
    return node(name, "data.transform", **({"parent": parent} if parent else {}))


def boxes(definition: Definition) -> dict[str, Box]:
    """Where steps are, frames as large as what lies in them: left, top, right, bottom."""
    found: dict[str, Box] = {}

    def box(name: str) -> Box:
        own = next(each for each in definition.nodes if each.id == name)
        x, y = own.position or (0, 0)
        inner = [box(each.id) for each in definition.nodes if each.parent == name]
        right = max([x + WIDTH, *(right for _, _, right, _ in inner)])
        bottom = max([y + height_of(own), *(bottom for _, _, _, bottom in inner)])
        found[name] = x, y, right, bottom
        return found[name]

    for each in definition.nodes:
        box(each.id)
    return found


def apart(one: Box, other: Box) -> bool:
    return one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]


NESTED = (
    node("start", "core.start"), step("beside"), each("outer"), step("after"),
    step("a", "outer"), step("b", "outer"), step("c", "outer"), each("inner", parent="outer"),
    step("x", "inner"), step("y", "inner"),
    edge("start", "outer"), edge("start", "beside"), edge("outer", "after"),
    edge("a", "b"), edge("a", "c"), edge("b", "inner"), edge("x", "y"),
)  # fmt: skip


def test_steps_of_one_row_lie_apart() -> None:
    definition = laid_out(*NESTED)
    found = boxes(definition)
    for one, other in itertools.combinations(definition.nodes, 2):
        if one.parent == other.parent:
            assert apart(found[one.id], found[other.id]), (one.id, other.id)


def test_what_lies_in_a_step_lies_in_its_frame_below_its_head() -> None:
    definition = laid_out(*NESTED)
    found = boxes(definition)
    for each_ in definition.nodes:
        if each_.parent:
            frame, own = found[each_.parent], found[each_.id]
            assert own[0] >= frame[0] + LEFT, each_.id
            assert own[1] >= frame[1] + TOP, each_.id


def test_frames_leave_room_below_and_beside() -> None:
    frame = each("each")
    found = boxes(laid_out(frame, step("a", "each"), step("b", "each"), step("below")))
    assert found["below"][1] >= found["b"][3] + BOTTOM or found["below"][3] <= found["each"][1]


def test_the_order_of_the_edges_goes_on_inside() -> None:
    found = boxes(laid_out(*NESTED))
    lefts = [found[name][0] for name in ("start", "outer", "a", "b", "inner", "x", "y", "after")]
    assert lefts == sorted(lefts)


def test_it_is_the_same_every_time() -> None:
    assert laid_out(*NESTED) == laid_out(*NESTED)


@pytest.mark.parametrize(
    "parts",
    [
        (step("a", "gone"), step("b")),
        (each("one", parent="two"), each("two", parent="one"), step("a", "one")),
        (step("a"), step("b", "a")),
        (each("empty"), step("after"), edge("empty", "after")),
        tuple(each(f"e{n}", **({"parent": f"e{n - 1}"} if n else {})) for n in range(2_000)),
    ],
    ids=["lost", "circle", "in no loop", "empty", "too deep"],
)
def test_what_is_wrong_is_laid_out_all_the_same(parts: tuple[dict[str, Any], ...]) -> None:
    places = [each.position for each in laid_out(*parts).nodes]
    assert None not in places
    assert len(set(places)) == len(places)


def test_a_flat_workflow_stands_in_columns() -> None:
    definition = laid_out(step("a"), step("b"), step("c"), edge("a", "b"), edge("a", "c"))
    assert [each.position for each in definition.nodes] == [(0, -49), (320, -120), (320, 22)]

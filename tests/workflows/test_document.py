"""JSON to document and back, and what concurrent editing keeps."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, Map

from apps.workflows import document
from apps.workflows.changes import details, parts_of
from apps.workflows.definition import parse
from apps.workflows.exceptions import BadUpdate
from tests.workflows.definitions import edge, greeting, node

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
    | st.floats(allow_nan=False, allow_infinity=False, width=32),
    lambda child: st.lists(child, max_size=3) | st.dictionaries(TEXT, child, max_size=3),
    max_leaves=8,
)  # fmt: skip
TYPES = ["ai.generate", "code.python", "data.transform", "http.request", "not.known"]
IDS = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
NUMBERS = st.integers(-1000, 1000) | st.floats(-1000, 1000, width=32)


@st.composite
def definitions(draw: Any) -> dict[str, Any]:
    ids = draw(st.lists(IDS, max_size=5, unique=True))
    parameters = st.dictionaries(
        st.sampled_from(["prompt", "system", "source", "url", "x"]), JSON, max_size=4
    )
    nodes = [
        node(
            each,
            draw(st.sampled_from(TYPES)),
            title=draw(TEXT),
            notes=draw(TEXT),
            position=[draw(NUMBERS), draw(NUMBERS)],
            config=draw(parameters),
            disabled=draw(st.booleans()),
            join=draw(st.sampled_from(["all", "any", {"n": 2}])),
            default_output=draw(JSON),
        )
        for each in ids
    ]
    pairs = (
        draw(
            st.lists(st.tuples(st.sampled_from(ids), st.sampled_from(ids)), max_size=4, unique=True)
        )
        if ids
        else []
    )
    notes = [
        {
            "id": each,
            "text": draw(TEXT),
            "position": [1, 2],
            "size": [3, 4],
            "colour": "blue",
            **({"group": True} if draw(st.booleans()) else {}),
        }
        for each in draw(st.lists(st.sampled_from(["n1", "n2"]), unique=True))
        if each not in ids
    ]
    settings_ = draw(
        st.dictionaries(
            st.sampled_from(["timeout_s", "colour"]),
            JSON.filter(lambda v: v is not None),
            max_size=2,
        )
    )
    return {
        "schema": 1,
        "nodes": nodes,
        "edges": [
            edge(a, b, when=draw(st.none() | st.just("input.x > 1")), label=draw(TEXT))
            for a, b in pairs
        ],
        "notes": notes,
        "settings": settings_,
    }


def ordered(data: dict[str, Any]) -> dict[str, Any]:
    """The order of nodes and edges means nothing."""

    def key(part: dict[str, Any]) -> Any:
        return part.get("id") or tuple(part[name] for name in ("source", "source_port", "target"))

    return {
        name: sorted(value, key=key) if isinstance(value, list) else value
        for name, value in data.items()
    }


@settings(max_examples=150, deadline=None)
@given(definitions())
def test_round_trip(data: dict[str, Any]) -> None:
    definition = parse(data)
    doc = document.load([])
    document.write(doc, definition)
    again = parse(document.read(document.load([doc.get_update()])))
    assert ordered(again.as_json()) == ordered(definition.as_json())


@settings(max_examples=100, deadline=None)
@given(definitions(), definitions())
def test_rewriting_reaches_the_new_definition(old: dict[str, Any], new: dict[str, Any]) -> None:
    doc = document.load([])
    document.write(doc, parse(old))
    document.write(doc, parse(new))
    assert ordered(parse(document.read(doc)).as_json()) == ordered(parse(new).as_json())


def test_writing_the_same_changes_nothing() -> None:
    doc = document.load([])
    document.write(doc, parse(greeting()))
    before = doc.get_update()
    document.write(doc, parse(greeting()))
    assert doc.get_update() == before


def editors() -> tuple[Any, Any]:
    """Two people with the same draft."""
    data = greeting()
    data["nodes"].append(
        node("ai", "ai.generate", config={"prompt": "Summarise this ünusual text"})
    )
    server = document.load([])
    document.write(server, parse(data))
    update = server.get_update()
    return document.load([update]), document.load([update])


def change(doc: Any, **fields: Any) -> None:
    data = document.read(doc)
    for each in data["nodes"]:
        if each["id"] == "ai":
            each["config"] |= fields.pop("config", {})
            each |= fields
    document.write(doc, parse(data))


def test_concurrent_edits_of_one_step_all_survive() -> None:
    ana, ben = editors()
    change(
        ana,
        title="Short summary",
        config={"prompt": "Please summarise this ünusual text", "route": "fast"},
    )
    change(
        ben,
        position=[500, 80],
        config={"prompt": "Summarise this ünusual text in German", "max_tokens": 99},
    )
    merged = document.load([ana.get_update(), ben.get_update()])
    found = next(each for each in document.read(merged)["nodes"] if each["id"] == "ai")
    assert found["config"]["prompt"] == "Please summarise this ünusual text in German"
    assert (found["title"], found["position"]) == ("Short summary", [500, 80])
    assert (found["config"]["route"], found["config"]["max_tokens"]) == ("fast", 99)


def notes_of(doc: Any, step: str = "ai") -> str:
    return str(next(each for each in document.read(doc)["nodes"] if each["id"] == step)["notes"])


def test_two_people_write_the_notes_of_a_step_letter_by_letter() -> None:
    ana, ben = editors()
    change(ana, notes="Ask Mara first.")
    ben.apply_update(ana.get_update())
    change(ana, notes="Always ask Mara first.")
    change(ben, notes="Ask Mara first, in German.")
    assert notes_of(document.load([ana.get_update(), ben.get_update()])) == (
        "Always ask Mara first, in German."
    )


def test_notes_of_an_older_draft_stay_until_they_are_changed() -> None:
    doc, _ = editors()
    del document.part_of(doc, "text")["ai/notes"]
    document.part_of(doc, "nodes")["ai"]["notes"] = "As it was"
    before = doc.get_update()
    document.write(doc, parse(document.read(doc)))
    assert (notes_of(doc), doc.get_update()) == ("As it was", before)
    change(doc, notes="As it is")
    assert [*details(parts_of(before), parts_of(doc.get_update()))] == [("edit", "ai", "notes")]
    assert notes_of(doc) == str(document.part_of(doc, "text")["ai/notes"]) == "As it is"
    assert "notes" not in document.part_of(doc, "nodes")["ai"]
    change(doc, notes="")
    assert "notes" not in document.read_node("ai", {"type": "x"}, {"notes": ""}, None)


def test_an_edge_to_a_deleted_step_is_ignored() -> None:
    ana, ben = editors()
    without = document.read(ana)
    without["nodes"] = [each for each in without["nodes"] if each["id"] != "ai"]
    document.write(ana, parse(without))
    joined = document.read(ben)
    joined["edges"].append(edge("reply", "ai"))
    document.write(ben, parse(joined))
    merged = document.read(document.load([ana.get_update(), ben.get_update()]))
    assert {each["id"] for each in merged["nodes"]} == {"start", "greet", "reply"}
    assert all("ai" not in (each["source"], each["target"]) for each in merged["edges"])


def test_what_is_no_workflow_is_refused() -> None:
    doc: Any = Doc()
    doc.get("nodes", type=Map)["a"] = 5
    with pytest.raises(BadUpdate):
        document.read(document.load([doc.get_update()]))

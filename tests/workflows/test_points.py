"""The history of a draft: where the log is cut, what each point says, and what it holds."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st
from pycrdt import Map

from apps.accounts.models import User
from apps.workflows import document, drafts, points, restoring, services
from apps.workflows.drafts import Draft
from apps.workflows.exceptions import NoLongerKept
from apps.workflows.models import Point, Workflow, WorkflowUpdate
from apps.workflows.points import Row, bursts
from tests.workflows.definitions import greeting, node
from tests.workflows.drafting import Editor, change

START = datetime.fromisoformat("2026-06-01T10:00:00+00:00")
MINUTE = timedelta(minutes=1)


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


def recorded(workflow: Workflow) -> list[Point]:
    points.record(workflow.pk)
    return list(workflow.points.in_order())


def words(point: Point) -> set[tuple[str, str | None, str | None, str | None]]:
    return {(c["operation"], c["node"], c["field"], c["author"]) for c in point.changes}


def row(seq: int, minute: float, author: User | None, origin: str = "editor") -> Row:
    return Row(seq, author.pk if author else None, origin, START + minute * MINUTE)


def test_a_pause_a_newcomer_another_way_and_a_version_cut(bob: User, alice: User) -> None:
    rows = [
        row(1, 0, bob), row(2, 4, bob),  # no pause
        row(3, 9, bob),  # five minutes
        row(4, 9.5, alice), row(5, 9.6, bob),  # at the same time
        row(6, 12, alice), row(7, 12.1, alice, "api"), row(8, 12.2, alice, "api"),
    ]  # fmt: skip
    cut = [[each.seq for each in burst] for burst in bursts(rows, cuts={7})]
    assert cut == [[1, 2], [3, 4, 5, 6], [7], [8]]
    alone = [row(1, 0, bob), row(2, 1, alice)]
    assert len(bursts(alone)) == 2


def test_bursts_are_bounded(bob: User) -> None:
    assert [len(b) for b in bursts(row(n, n / 60, bob) for n in range(500))] == [200, 200, 100]
    assert len(bursts(row(n, 4 * n, bob) for n in range(9))) == 2  # half an hour


def at(minute: float) -> Any:
    return time_machine.travel(START + minute * MINUTE, tick=False)


def retitle(workflow: Workflow, actor: User, title: str, **more: Any) -> None:
    change(workflow, actor, lambda d: d["nodes"][0].update(title=title), **more)


@pytest.fixture
def old(bob: User, alice: User) -> Workflow:
    """A workflow that Bob made, retitled twice in a minute; a day later Alice did, too."""
    with at(0):
        workflow = services.create_workflow(actor=bob, name="Greeting", definition=greeting())
    for minute, actor, title in ((0.5, bob, "One"), (1, bob, "Two"), (24 * 60, alice, "Three")):
        with at(minute):
            retitle(workflow, actor, title)
    return workflow


def test_a_point_says_what_changed_and_by_whom(old: Workflow, bob: User, alice: User) -> None:
    made, later = recorded(old)
    assert (made.first, made.seq, made.authors) == (1, 3, [bob.pk])
    assert ("add", "greet", None, str(bob.pk)) in words(made)
    assert not [each for each in made.changes if each["field"] == "title"]  # new steps are whole
    assert words(later) == {("set", "greet", "title", str(alice.pk))}
    assert later.changes[0]["title"] == "Three"
    assert recorded(old) == [made, later]  # nothing happens twice


def test_a_burst_grows_until_it_is_named(workflow: Workflow, bob: User) -> None:
    editor = Editor(workflow, bob)
    editor.set("greet", "title", "Hello")
    (first,) = recorded(workflow)
    editor.set("greet", "title", "Welcome")
    (grown,) = recorded(workflow)
    assert (grown.pk, grown.seq) == (first.pk, 3)
    restoring.name_point(grown, actor=bob, name="Before the refactoring")
    editor.set("greet", "title", "Good evening")
    assert [point.seq for point in recorded(workflow)] == [3, 4]


def test_people_at_the_same_time_share_a_point_and_keep_their_changes(
    workflow: Workflow, bob: User, alice: User
) -> None:
    first, second = Editor(workflow, bob), Editor(workflow, alice)
    for turn in range(3):
        first.set("greet", "title", f"Bob {turn}")
        second.type("reply", "body", f"Alice {turn}")
        second.set("reply", "title", f"Alice {turn}")
    (point,) = recorded(workflow)
    assert point.authors == sorted({bob.pk, alice.pk})
    found = words(point)
    assert ("set", "reply", "title", str(alice.pk)) in found  # into a step that Bob had added
    assert ("add", "reply", None, str(bob.pk)) in found
    assert not [each for each in found if each[1] == "greet" and each[3] == str(alice.pk)]


def test_what_is_undone_is_no_change(old: Workflow, bob: User) -> None:
    with at(48 * 60):
        retitle(old, bob, "Four")
        retitle(old, bob, "Three")
    assert recorded(old)[-1].changes == []


def test_publishing_stands_in_the_history(workflow: Workflow, alice: User) -> None:
    version = services.publish_workflow(workflow, actor=alice)
    retitle(workflow, alice, "After")
    made, published, after = recorded(workflow)
    assert (published.kind, published.version, published.seq) == ("publish", version, 1)
    assert (made.seq, after.first) == (1, 2)


def test_ways_are_told_apart(alice: User) -> None:
    data = {"format": services.EXPORT_FORMAT, "name": "Old", "definition": greeting()}
    workflow = services.import_workflow(data, actor=alice).workflow
    retitle(workflow, alice, "Edited")
    restoring.restore_point(recorded(workflow)[0], actor=alice)
    assert [point.kind for point in recorded(workflow)] == ["import", "editor", "restore"]


def test_a_long_log_is_read_from_stored_states(workflow: Workflow, bob: User) -> None:
    editor = Editor(workflow, bob)
    for turn in range(450):
        editor.set("greet", "title", f"Title {turn}")
    found = recorded(workflow)
    assert [(point.first, point.seq) for point in found] == [(1, 200), (201, 400), (401, 451)]
    assert [point.state is None for point in found] == [False, False, True]
    whole = Draft(points.whole_at(workflow, 301)).data
    title = next(each["title"] for each in whole["nodes"] if each["id"] == "greet")
    assert title == "Title 299"


def test_what_is_not_kept_is_said(workflow: Workflow, bob: User) -> None:
    retitle(workflow, bob, "Two")
    WorkflowUpdate.objects.filter(workflow=workflow, seq=1).delete()
    with pytest.raises(NoLongerKept):
        points.whole_at(workflow, 2)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["first", "second"]),
        st.sampled_from(["title", "text", "add", "remove", "look", "compact"]),
        st.sampled_from(["greet", "reply", "extra"]),
        st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4),
    ),
    min_size=1,
    max_size=14,
)


def act(editor: Editor, what: str, step: str, text: str) -> None:
    nodes = editor.part("nodes")
    if what == "look":
        editor.look()
    elif what == "add" and step not in nodes:
        nodes[step] = Map({"type": "core.respond", "type_version": 1})
        editor.save()
    elif what == "remove" and step in nodes:
        del nodes[step]
        editor.save()
    elif what == "title" and step in nodes:
        editor.set(step, "title", text)
    elif what == "text" and step in nodes:
        editor.type(step, "body", text)


@pytest.mark.parametrize("dense", [True, False])
def test_a_state_is_the_fold_of_the_log(
    alice: User, bob: User, dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever two people do at once, and wherever the log is compacted and states are stored."""
    monkeypatch.setattr(points, "MOST", 2)
    monkeypatch.setattr(points, "STATE_AFTER", 2 if dense else 5)

    @given(STEPS)
    @bounds(max_examples=25)
    def check(steps: list[tuple[str, str, str, str]]) -> None:
        workflow = services.create_workflow(actor=bob, name="Any", definition=greeting())
        editors = {"first": Editor(workflow, bob), "second": Editor(workflow, alice)}
        for who, what, step, text in steps:
            if what == "compact":
                workflow.refresh_from_db()
                drafts.compact(workflow)
                workflow.save(update_fields=["snapshot", "snapshot_seq"])
                points.record(workflow.pk)
            else:
                act(editors[who], what, step, text)
        points.record(workflow.pk)
        workflow.refresh_from_db()
        log = [bytes(each.data) for each in workflow.updates.order_by("seq")]
        for seq in range(len(log) + 1):
            fold = document.read(document.load(log[:seq]))
            assert document.read(document.load([points.whole_at(workflow, seq)])) == fold
        spans = list(workflow.points.in_order().values_list("first", "seq"))
        assert [first for first, _ in spans] == [1, *(last + 1 for _, last in spans[:-1])]
        assert spans[-1][1] == workflow.draft_seq

    check()


@pytest.mark.parametrize("compacts", [True, False])
def test_restoring_makes_the_definition_equal(alice: User, bob: User, compacts: bool) -> None:
    @given(STEPS)
    @bounds(max_examples=15)
    def check(steps: list[tuple[str, str, str, str]]) -> None:
        workflow = services.create_workflow(actor=bob, name="Any", definition=greeting())
        point = recorded(workflow)[0]
        restoring.name_point(point, actor=bob, name="Then")
        then = restoring.definition_at(point)
        editor = Editor(workflow, alice)
        for _, what, step, text in steps:
            act(editor, what, step, text)
        if compacts:
            workflow.refresh_from_db()
            drafts.compact(workflow)
            workflow.save(update_fields=["snapshot", "snapshot_seq"])
        restored = restoring.restore_point(point, actor=alice)
        assert drafts.load(restored).data == then

    check()


def test_restoring_keeps_what_others_write_at_the_same_time(
    old: Workflow, bob: User, alice: User
) -> None:
    point = recorded(old)[0]
    change(old, bob, lambda d: d["nodes"].append(node("extra", "core.respond")))
    other = Editor(old, alice)  # has not seen the restore when she writes
    other.part("nodes")["greet"]["timeout_s"] = 7
    restoring.restore_point(point, actor=bob, node="greet")
    other.save()
    data = drafts.load(Workflow.objects.get(pk=old.pk)).data
    found = {each["id"]: each for each in data["nodes"]}
    assert (found["greet"]["title"], found["greet"]["timeout_s"]) == ("Two", 7)
    assert "extra" in found


def test_a_step_that_is_gone_comes_back_with_its_connections(old: Workflow, bob: User) -> None:
    point = recorded(old)[-1]

    def remove(definition: dict[str, Any]) -> None:
        definition["nodes"] = [each for each in definition["nodes"] if each["id"] != "greet"]
        definition["edges"] = []

    change(old, bob, remove)
    restored = restoring.restore_point(point, actor=bob, node="greet")
    data = drafts.load(restored).data
    assert {(each["source"], each["target"]) for each in data["edges"]} == {
        ("start", "greet"), ("greet", "reply"),
    }  # fmt: skip

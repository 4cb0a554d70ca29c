"""What follows from live changes: derived, mended, compacted, told once they come to rest."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pycrdt import Array, Map, Text

from apps.accounts.models import User
from apps.dispatch.models import Chore
from apps.workflows import document, drafts, services, settling
from apps.workflows.drafts import SETTLE, Written
from apps.workflows.models import Workflow
from apps.workflows.settling import Burst, settle
from tests.workflows.definitions import greeting


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


@pytest.fixture
def bursts() -> Iterator[list[Burst]]:
    heard: list[Burst] = []
    settling.register_listener(heard.append)
    yield heard
    settling._listeners.remove(heard.append)


class Live:
    """An editor in a live room: what it changes is logged as bytes."""

    def __init__(self, workflow: Workflow, user: User) -> None:
        self.workflow, self.user = workflow, user
        self.doc = document.load(drafts.updates_of(workflow))

    def part(self, name: str) -> Any:
        return document.part_of(self.doc, name)

    def save(self) -> Workflow:
        """Log what changed since the draft was read."""
        whole = document.load(drafts.updates_of(self.workflow))
        data = self.doc.get_update(whole.get_state())
        drafts.extend(self.workflow.pk, [Written(data, self.user.pk)])
        self.workflow.refresh_from_db()
        return self.workflow


@pytest.fixture
def live(workflow: Workflow, bob: User) -> Live:
    return Live(workflow, bob)


def test_live_changes_are_derived_later(live: Live) -> None:
    live.part("meta")["name"] = "Renamed"
    live.part("nodes")["extra"] = Map({"type": "core.respond", "type_version": 1})
    workflow = live.save()
    assert (workflow.name, workflow.node_count, workflow.derived_seq) == ("Greeting", 3, 1)
    assert Chore.objects.filter(kind=SETTLE, subject=workflow.pk).exists()
    settle(workflow.pk)
    workflow.refresh_from_db()
    assert (workflow.name, workflow.node_count, workflow.derived_seq) == ("Renamed", 4, 2)


def test_what_is_published_is_the_draft_as_it_is(live: Live, bob: User) -> None:
    services.publish_workflow(live.workflow, actor=bob)
    live.part("nodes")["greet"]["title"] = "Greet warmly"
    workflow = live.save()
    assert workflow.has_unpublished_changes
    version = services.publish_workflow(workflow, actor=bob)
    titles = {node["id"]: node["title"] for node in version.definition["nodes"]}
    assert (version.number, titles["greet"]) == (2, "Greet warmly")
    workflow.refresh_from_db()
    assert not workflow.has_unpublished_changes


def test_a_run_of_the_draft_pins_what_is_there_now(live: Live, bob: User) -> None:
    before = services.snapshot_draft(live.workflow, actor=bob)
    live.part("nodes")["greet"]["title"] = "Other"
    after = services.snapshot_draft(live.save(), actor=bob)
    assert before.pk != after.pk
    assert after.definition["nodes"][0]["title"] == "Other"


def test_what_no_workflow_holds_is_taken_out_again(live: Live) -> None:
    nodes, edges = live.part("nodes"), live.part("edges")
    nodes["number"] = 5
    nodes["list"] = Array([1])
    nodes["Bad Id"] = Map({"type": "core.start"})
    nodes["typeless"] = Map({"title": "x"})
    nodes["greet"]["title"] = "x" * 300
    nodes["greet"]["unheard_of"] = 1
    nodes["reply"]["c:big"] = [float("inf")]
    edges["nonsense"] = {"s": "start"}
    edges["twice"] = {"s": "start", "sp": "out", "t": "greet", "tp": "in"}
    live.part("layout")["start"] = ["a", 2]
    live.part("text")["greet/prompt"] = "no text"
    live.part("notes")["n1"] = Map({"colour": "c" * 50})
    live.part("notes")["n2"] = Map({"colour": "blue"})
    live.part("text")["n2/text"] = Text("ä" * 20_001)
    live.part("text")["reply/notes"] = Text("ü" * 10_001)
    live.part("meta")["settings.deep"] = float("nan")
    workflow = live.save()
    settle(workflow.pk)
    workflow.refresh_from_db()
    definition = services.definition_of(workflow)
    assert {node.id for node in definition.nodes} == {"greet", "reply", "start"}
    assert next(node for node in definition.nodes if node.id == "greet").title == ""
    assert [len(note.text) for note in definition.notes] == [20_000]
    assert [len(node.notes) for node in definition.nodes if node.notes] == [10_000]
    assert "deep" not in definition.settings
    assert workflow.derived_seq == workflow.draft_seq
    assert workflow.updates.latest("seq").author is None


def test_good_changes_are_left_alone(live: Live) -> None:
    live.part("nodes")["greet"]["title"] = "Fine"
    workflow = live.save()
    settle(workflow.pk)
    workflow.refresh_from_db()
    assert workflow.draft_seq == 2


def test_what_is_too_much_is_a_problem_and_stays(live: Live) -> None:
    for place in range(5_001):
        live.part("notes")[f"n{place}"] = Map({"colour": "blue"})
    workflow = live.save()
    settle(workflow.pk)
    workflow.refresh_from_db()
    assert workflow.problem_count
    assert workflow.derived_seq == workflow.draft_seq == 2


def test_a_long_log_is_compacted_and_reads_the_same(live: Live) -> None:
    for place in range(drafts.COMPACT_AFTER):
        live.part("layout")["start"] = [place, 0]
        live.save()
    settle(live.workflow.pk)
    live.workflow.refresh_from_db()
    assert live.workflow.snapshot_seq == drafts.COMPACT_AFTER + 1
    doc = document.load(drafts.updates_of(live.workflow))
    assert list(document.part_of(doc, "layout")["start"]) == [drafts.COMPACT_AFTER - 1, 0]


def test_compacting_loses_nothing_that_waits_for_something(live: Live, bob: User) -> None:
    """What a client built on is not there yet: neither letters nor deletions may get lost."""
    updates = []
    for change in ("set", "delete"):
        before = live.doc.get_state()
        if change == "set":
            live.part("layout")["late"] = [1, 1]
        else:
            del live.part("layout")["late"]
        updates.append(live.doc.get_update(before))
    drafts.extend(live.workflow.pk, [Written(updates[1], bob.pk)])
    live.workflow.refresh_from_db()
    drafts.compact(live.workflow)
    live.workflow.save()
    drafts.extend(live.workflow.pk, [Written(updates[0], bob.pk)])
    live.workflow.refresh_from_db()
    doc = document.load(drafts.updates_of(live.workflow))
    assert "late" not in document.part_of(doc, "layout")


def test_a_burst_is_told_once_it_rests(live: Live, bursts: list[Burst], bob: User) -> None:
    live.part("layout")["start"] = [1, 1]
    live.save()
    live.part("layout")["start"] = [2, 2]
    workflow = live.save()
    settle(workflow.pk)
    assert bursts == []
    assert Chore.objects.filter(kind=SETTLE).exists()
    with time_machine.travel(timezone.now() + timedelta(seconds=6), tick=False):
        settle(workflow.pk)
        settle(workflow.pk)
    (burst,) = bursts
    assert (burst.workflow, burst.first, burst.last) == (workflow, 2, 3)
    assert burst.authors == (bob.pk,)
    assert not Chore.objects.filter(kind=SETTLE).exists()


def test_who_never_rests_is_told_of_each_minute(live: Live, bursts: list[Burst]) -> None:
    live.part("layout")["start"] = [1, 1]
    live.save()
    with time_machine.travel(timezone.now() + timedelta(seconds=58), tick=False):
        live.part("layout")["start"] = [2, 2]
        live.save()
    with time_machine.travel(timezone.now() + timedelta(seconds=61), tick=False):
        settle(live.workflow.pk)
    assert [(burst.first, burst.last) for burst in bursts] == [(2, 3)]


def test_a_new_workflow_is_no_change(workflow: Workflow, bursts: list[Burst]) -> None:
    assert not Chore.objects.filter(kind=SETTLE).exists()
    settle(workflow.pk)
    assert bursts == []


def test_a_workflow_that_is_gone_needs_no_look(live: Live, alice: User) -> None:
    live.part("layout")["start"] = [1, 1]
    workflow = live.save()
    services.delete_workflow(workflow, actor=alice)
    services.purge_workflow(workflow, actor=alice)
    settle(workflow.pk)
    assert not Chore.objects.filter(kind=SETTLE).exists()

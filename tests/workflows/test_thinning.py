"""The history becomes coarser with age, and says the same of what stays."""

from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from apps.accounts.models import User
from apps.workflows import contributions, drafts, points, restoring, services, thinning
from apps.workflows.models import Point, Workflow, WorkflowUpdate
from tests.workflows.definitions import greeting
from tests.workflows.drafting import change

START = datetime.fromisoformat("2026-03-02T10:00:00+00:00")
LATER = START + timedelta(days=100)


def at(**after: float) -> Any:
    return time_machine.travel(START + timedelta(**after), tick=False)


def retitle(workflow: Workflow, actor: User, title: str) -> None:
    change(workflow, actor, lambda d: d["nodes"][0].update(title=title))


@pytest.fixture
def workflow(bob: User, alice: User) -> Workflow:
    """Two days with three bursts each, by two people, and one a month later."""
    with at():
        made = services.create_workflow(actor=bob, name="Greeting", definition=greeting())
    turn = 0
    for day in (0, 1, 30):
        for hour in (1, 2, 3):
            turn += 1
            with at(days=day, hours=hour):
                retitle(made, alice if hour == 2 else bob, f"Turn {turn}")
    points.record(made.pk)
    return Workflow.objects.get(pk=made.pk)


def thin(workflow: Workflow, before: datetime = LATER) -> list[Point]:
    for _ in range(20):
        ids = list(
            thinning.due(before)
            .order_by("workflow", "seq", "first")[:3]
            .values_list("pk", flat=True)
        )
        if not ids:
            break
        thinning.make_coarser(ids)
    else:
        pytest.fail("It never ends.")
    return list(workflow.points.in_order())


def titles(found: list[Point]) -> list[str]:
    return [restoring.definition_at(point)["nodes"][0]["title"] for point in found]


def test_one_state_a_day_stays_and_can_be_read(workflow: Workflow, bob: User, alice: User) -> None:
    before = titles(list(workflow.points.in_order()))
    drafts.compact(workflow)
    workflow.save()
    with at(days=100):
        found = thin(workflow)
    assert [(point.first, point.seq) for point in found] == [(1, 4), (5, 7), (8, 10)]
    assert titles(found) == [before[3], before[6], before[9]]
    assert [set(point.authors) for point in found] == [{bob.pk, alice.pk}] * 3
    assert not WorkflowUpdate.objects.filter(workflow=workflow).exists()
    assert drafts.load(Workflow.objects.get(pk=workflow.pk)).data["nodes"][0]["title"] == before[9]


def test_the_log_that_the_draft_needs_stays(workflow: Workflow) -> None:
    with at(days=100):
        thin(workflow)
    assert WorkflowUpdate.objects.filter(workflow=workflow).count() == 10


def test_what_is_young_stays_as_it_is(workflow: Workflow) -> None:
    with at(days=31):
        found = thin(workflow, START + timedelta(days=20))
    assert [point.seq for point in found] == [4, 7, 8, 9, 10]
    assert titles(found)[-3:] == ["Turn 7", "Turn 8", "Turn 9"]


def test_named_points_and_versions_stay_for_ever(
    workflow: Workflow, bob: User, alice: User
) -> None:
    second = workflow.points.get(seq=2)
    restoring.name_point(second, actor=bob, name="Before the refactoring")
    services.publish_workflow(workflow, actor=alice)
    with at(days=1000):
        found = thin(workflow, START + timedelta(days=990))
    assert [(point.seq, point.name, point.kind) for point in found] == [
        (2, "Before the refactoring", "editor"),
        (7, "", "editor"),  # the month's last
        (10, "", "editor"),
        (10, "", "publish"),
    ]
    assert titles(found)[0] == "Turn 1"


def test_after_a_year_one_state_a_month_stays(workflow: Workflow) -> None:
    with at(days=100):
        thin(workflow)
    with at(days=500):
        found = thin(workflow, START + timedelta(days=440))
    assert [point.seq for point in found] == [7, 10]


def test_who_changed_what_outlives_it(workflow: Workflow, alice: User, bob: User) -> None:
    authors = points.authors_since(workflow, 0)
    told = contributions.unpublished(workflow)
    drafts.compact(workflow)
    workflow.save()
    with at(days=100):
        thin(workflow)
    assert points.authors_since(workflow, 0) == authors == {alice.pk, bob.pk}
    assert contributions.unpublished(workflow) == told


def test_work_goes_on_after_it(workflow: Workflow, alice: User) -> None:
    drafts.compact(workflow)
    workflow.save()
    with at(days=100):
        thin(workflow)
        retitle(workflow, alice, "New")
    points.record(workflow.pk)
    last = workflow.points.in_order().last()
    assert last is not None
    assert (last.first, last.seq, last.authors) == (11, 11, [alice.pk])
    assert restoring.before(last)["nodes"][0]["title"] == "Turn 9"

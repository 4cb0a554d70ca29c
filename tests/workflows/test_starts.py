"""The ways in which a workflow may begin."""

import pytest

from apps.accounts.models import User
from apps.workflows.definition import parse
from apps.workflows.models import Workflow
from apps.workflows.starts import starts
from apps.workflows.validation import errors
from tests.factories.browsers import browser


@pytest.mark.parametrize("slug", [slug for slug, each in starts().items() if not each.is_template])
def test_a_plain_start_is_sound(slug: str) -> None:
    assert not errors(parse(starts()[slug].definition))


@pytest.mark.parametrize(("kind", "field"), [("schedule", "fire_at"), ("webhook", "body")])
def test_a_start_by_a_trigger_takes_what_that_gives(bob: User, kind: str, field: str) -> None:
    browser(bob).post("/workflows/new/", {"name": "Mine", "start": kind})
    made = Workflow.objects.get()
    assert (made.name, made.created_via) == ("Mine", "studio")
    [start] = browser(bob).get(f"/workflows/{made.pk}/").context["boot"]["snapshot"]["nodes"]
    assert [each["name"] for each in start["config"]["fields"]] == [field]
    assert "Triggers" in start["notes"]


def test_a_template_brings_its_steps_and_what_was_left_as_it_was(bob: User) -> None:
    sent = {"name": "Untitled workflow", "start": "lead-scoring"}
    browser(bob).post("/workflows/new/", sent)
    made = Workflow.objects.get()
    assert (made.name, made.created_via) == ("Lead scoring", "template")
    assert (made.node_count, made.published_version) == (8, None)
    assert made.description.startswith("Scores new leads")
    browser(bob).post("/workflows/new/", {**sent, "name": "Ours", "description": "Own words"})
    assert Workflow.objects.filter(name="Ours", description="Own words").exists()


def test_a_start_that_does_not_exist_is_refused(bob: User) -> None:
    answer = browser(bob).post("/workflows/new/", {"name": "Mine", "start": "nowhere"})
    assert answer.status_code == 422
    assert not Workflow.objects.exists()


def test_who_may_not_edit_makes_nothing_of_a_template(vera: User) -> None:
    sent = {"name": "Mine", "start": "lead-scoring"}
    assert browser(vera).post("/workflows/new/", sent).status_code == 403
    assert not Workflow.objects.exists()


def test_the_dialog_offers_them_all(bob: User) -> None:
    page = browser(bob).get("/workflows/").content.decode()
    assert all(f'value="{slug}"' in page for slug in starts())
    assert "Support ticket triage" in page


def test_the_studio_gets_them_with_their_steps(vera: User) -> None:
    given = browser(vera).get("/api/v1/workflow-starts/").json()["results"]
    assert [each["slug"] for each in given] == list(starts())
    assert {each["trigger"] for each in given} == {None, "schedule", "webhook"}
    for each in given:
        places = [tuple(node["position"]) for node in each["definition"]["nodes"]]
        assert len(set(places)) == each["steps"]

"""The pages of triggers."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.runs.models import Run
from apps.triggers.models import Delivery, Trigger
from apps.triggers.services import listen, update_trigger
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.triggers import due, echo, fire, now, trigger
from tests.runs.scenes import published

SCHEDULE = {
    "name": "Nightly",
    "rule": "cron",
    "cron": "0 9 * * MON-FRI",
    "time_zone": "Europe/Berlin",
    "misfire": "once",
    "overlap": "skip",
    "inputs": "{}",
    "enabled": "on",
}
WEBHOOK = {
    "name": "Orders", "methods": ["POST"], "auth": "none", "answer": "now", "input_": "request",
    "headers": "content-type", "rate_per_minute": "100", "enabled": "on",
}  # fmt: skip


def browser(user: User) -> Client:
    client = Client(HTTP_HOST="alpha.localhost")
    client.force_login(user)
    return client


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return published(bob, echo(), name="Echo")


def test_nobody_has_made_one_yet(bob: User, vera: User) -> None:
    page = browser(bob).get("/triggers/").content.decode()
    assert "Let workflows start by themselves." in page
    page = browser(vera).get("/triggers/").content.decode()
    assert "Builders make triggers" in page
    assert "New trigger" not in page


def test_the_list_and_its_filters(bob: User, workflow: Workflow) -> None:
    trigger(bob, "schedule", {"every_s": 3600}, workflow=workflow)
    trigger(bob, "webhook", {}, workflow=workflow, path="orders")
    client = browser(bob)
    page = client.get("/triggers/").content.decode()
    assert "Every hour" in page
    assert "POST /hooks/orders" in page
    assert "A schedule" not in client.get("/triggers/?kind=webhook").content.decode()
    assert "A webhook" in client.get("/triggers/?q=ORDERS").content.decode()
    assert "No trigger fits" in client.get("/triggers/?state=paused").content.decode()
    answer = client.get("/triggers/?kind=nonsense")
    assert (answer.status_code, b"Clear filters" in answer.content) == (422, True)


def test_a_schedule_is_made_and_shown(bob: User, workflow: Workflow) -> None:
    client = browser(bob)
    assert client.get("/triggers/new/schedule/").status_code == 200
    answer = client.post("/triggers/new/schedule/", {**SCHEDULE, "workflow": workflow.pk})
    made = Trigger.objects.get()
    assert answer.headers["Location"] == f"/triggers/{made.pk}/"
    page = client.get(f"/triggers/{made.pk}/").content.decode()
    assert "At 09:00 on Monday through Friday, in Europe/Berlin" in page
    assert page.count("<b>09:00:00</b>") == 5


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"cron": "9 * *"}, "cron", "five fields"),
        ({"cron": "", "rule": "cron"}, "cron", "required"),
        ({"inputs": "{"}, "inputs", "This is not valid JSON"),
        ({"inputs": "[]"}, "inputs", "JSON object"),
        ({"rule": "every", "every": "5", "unit": "1"}, "every", "greater than or equal to 10"),
        ({"workflow": "0192f5b0-0000-7000-8000-000000000000"}, "workflow", "valid choice"),
        ({"time_zone": "Mars"}, "time_zone", "valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    bob: User, workflow: Workflow, changes: dict[str, str], field: str | None, reason: str
) -> None:
    answer = browser(bob).post(
        "/triggers/new/schedule/", {**SCHEDULE, "workflow": str(workflow.pk), **changes}
    )
    assert answer.status_code == 422
    form: Any = answer.context["form"]
    assert reason in str(form.errors.get(field or "__all__", ""))
    assert not Trigger.objects.exists()


def test_an_unpublished_workflow_is_explained(bob: User) -> None:
    draft = create_workflow(actor=bob, name="Draft", definition=echo())
    answer = browser(bob).post("/triggers/new/schedule/", {**SCHEDULE, "workflow": draft.pk})
    assert answer.status_code == 422
    assert b"Publish it first." in answer.content


def test_once_is_read_in_its_time_zone(bob: User, workflow: Workflow) -> None:
    sent = {**SCHEDULE, "workflow": workflow.pk, "rule": "at", "at": "2030-07-01T10:00"}
    browser(bob).post("/triggers/new/schedule/", sent)
    assert Trigger.objects.get().config["at"] == "2030-07-01T08:00:00Z"


def test_the_preview(bob: User) -> None:
    client = browser(bob)
    page = client.get("/triggers/preview/", SCHEDULE).content.decode()
    assert "At 09:00 on Monday through Friday" in page
    assert page.count("<li>") == 5
    page = client.get("/triggers/preview/", {**SCHEDULE, "cron": "61 * * * *"}).content.decode()
    assert "Bad minute" in page
    page = client.get(
        "/triggers/preview/", {**SCHEDULE, "rule": "at", "at": "2020-01-01T00:00"}
    ).content.decode()
    assert "never fires again" in page
    assert "not filled in" in client.get("/triggers/preview/").content.decode()


def test_a_made_secret_is_shown_once(bob: User, workflow: Workflow) -> None:
    client = browser(bob)
    answer = client.post(
        "/triggers/new/webhook/",
        {**WEBHOOK, "workflow": workflow.pk, "auth": "hmac", "value_prefix": "sha256="},
    )
    assert answer.status_code == 201
    secret = answer.context["secret"]
    made = Trigger.objects.get()
    assert secret in answer.content.decode()
    page = client.get(f"/triggers/{made.pk}/").content.decode()
    assert secret not in page
    assert "openssl dgst -sha256" in page
    edit = client.get(f"/triggers/{made.pk}/edit/").content.decode()
    assert secret not in edit
    assert 'value="sha256="' in edit


@pytest.mark.parametrize("kind", ["schedule", "webhook", "event"])
def test_an_edit_that_changes_nothing_changes_nothing(
    bob: User, workflow: Workflow, kind: str
) -> None:
    configs: dict[str, Any] = {
        "schedule": {"every_s": 5400, "time_zone": "Europe/Berlin", "jitter_s": 7, "inputs": {"a": 1}},
        "webhook": {
            "auth": {"kind": "hmac", "header": "x-sig", "timestamp_header": "x-time", "payload": "v0:{timestamp}:{body}"},
            "answer": "last", "wait_s": 12, "dedupe_pointer": "/id", "headers": ["x-shop"], "input": "body",
        },
        "event": {"events": ["run.failed", "approval.expired"], "workflows": [str(workflow.pk)]},
    }  # fmt: skip
    made = trigger(bob, kind, configs[kind], workflow=workflow)
    client = browser(bob)
    form = client.get(f"/triggers/{made.pk}/edit/").context["form"]
    sent: dict[str, Any] = {}
    for name in form.fields:
        value = form[name].value()
        if value not in (None, False, ""):
            sent[name] = value if isinstance(value, list) else str(value)
    answer = client.post(f"/triggers/{made.pk}/edit/", sent)
    assert answer.status_code == 302, answer.context["form"].errors
    made.refresh_from_db()
    before = made.config
    assert before == Trigger.objects.get(pk=made.pk).config
    assert made.config == trigger(bob, kind, configs[kind], workflow=workflow).config


def test_actions(bob: User, workflow: Workflow) -> None:
    hook = trigger(bob, "webhook", {}, workflow=workflow)
    client = browser(bob)
    client.post(f"/triggers/{hook.pk}/disable/")
    hook.refresh_from_db()
    assert hook.state == "disabled"
    client.post(f"/triggers/{hook.pk}/enable/")
    page = client.post(f"/triggers/{hook.pk}/listen/", follow=True).content.decode()
    assert f"/hooks/test/{hook.path}" in page
    assert 'hx-trigger="every 2s"' in page
    client.post(f"/triggers/{hook.pk}/delete/")
    assert not Trigger.objects.exists()


def test_a_delivery_is_shown_and_repeated(bob: User, vera: User) -> None:
    schedule = trigger(bob, "schedule", {"every_s": 3600})
    due(schedule, now())
    (delivery,) = fire(schedule)
    client = browser(bob)
    page = client.get(f"/triggers/{schedule.pk}/").content.decode()
    assert f"/runs/{delivery.run_id}/" in page
    assert "fire_at" in page
    page = client.post(
        f"/triggers/{schedule.pk}/deliveries/{delivery.pk}/replay/", follow=True
    ).content.decode()
    assert "Replay by Bob" in page
    assert Run.objects.count() == 2
    assert (
        "No delivery came to this."
        in client.get(f"/triggers/{schedule.pk}/?outcome=refused").content.decode()
    )
    assert "Replay</button>" not in browser(vera).get(f"/triggers/{schedule.pk}/").content.decode()
    Delivery.objects.update(is_whole=False)
    answer = client.post(f"/triggers/{schedule.pk}/deliveries/{delivery.pk}/replay/", follow=True)
    assert "cannot be repeated" in answer.content.decode()


def test_a_pause_is_explained(bob: User, workflow: Workflow) -> None:
    hook = trigger(bob, "webhook", {}, workflow=workflow)
    Trigger.objects.update(enabled=False, paused_reason="Bob may not run this workflow any more.")
    page = browser(bob).get(f"/triggers/{hook.pk}/").content.decode()
    assert "Bob may not run this workflow any more." in page


def test_forbidden_for_viewers(vera: User, bob: User, workflow: Workflow) -> None:
    hook = trigger(bob, "webhook", {}, workflow=workflow)
    client = browser(vera)
    assert client.get(f"/triggers/{hook.pk}/").status_code == 200
    assert client.get("/triggers/new/webhook/").status_code == 403
    assert client.get(f"/triggers/{hook.pk}/edit/").status_code == 403
    assert client.post(f"/triggers/{hook.pk}/disable/").status_code == 403


def test_while_somebody_listens_the_deliveries_are_asked_for_anew(
    bob: User, workflow: Workflow
) -> None:
    hook = trigger(bob, "webhook", {}, workflow=workflow)
    listen(hook, actor=bob)
    update_trigger(hook, actor=bob, changes={"name": "Renamed"})
    answer = browser(bob).get(f"/triggers/{hook.pk}/deliveries/")
    assert b"Each time it fires" in answer.content
    assert b"<html" not in answer.content

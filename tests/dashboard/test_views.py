"""Home, the frame around every page, the designed errors, and the platform staff's site."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.common import navigation
from apps.gateway.models import LlmCall
from apps.runs.models import Run, Wait
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows import services
from apps.workflows.models import Workflow
from tests.factories.browsers import browser
from tests.workflows.definitions import greeting


@pytest.fixture
def workflow(bob: User) -> Workflow:
    made = services.create_workflow(actor=bob, name="Refund triage", definition=greeting())
    services.publish_workflow(made, actor=bob)
    made.refresh_from_db()
    return made


def run_of(workflow: Workflow, status: str = "succeeded", **fields: object) -> Run:
    version = workflow.published_version
    assert version is not None
    return Run.objects.create(workflow=workflow, version=version, status=status, **fields)


def test_a_new_workspace_leads_to_a_first_workflow(alice: User, vera: User) -> None:
    page = browser(alice).get("/").content.decode()
    assert "Build it on the canvas" in page
    assert 'action="/workflows/new/"' in page
    assert "Build it on the canvas" not in browser(vera).get("/").content.decode()


def test_workflows_without_runs_lead_to_the_first_run(bob: User, workflow: Workflow) -> None:
    page = browser(bob).get("/")
    assert page.context["first"] == workflow
    assert "See a first run" in page.content.decode()
    run_of(workflow)
    assert "See a first run" not in browser(bob).get("/").content.decode()


def test_home_shows_what_waits_what_failed_and_what_runs(oscar: User, workflow: Workflow) -> None:
    run_of(workflow, "running")
    for _ in range(2):
        run_of(workflow, "failed", error={"code": "http_402", "message": "HTTP 402 from billing"})
    waiting = run_of(workflow, "waiting")
    Wait.objects.create(run=waiting, node="ask", kind="approval", title="Refund 184 euros")
    others = run_of(workflow, "waiting")
    Wait.objects.create(
        run=others, node="ask", kind="approval", title="Not his", assignees=["owner"]
    )
    page = browser(oscar).get("/")
    text = page.content.decode()
    assert "Refund 184 euros" in text
    assert "Not his" not in text
    assert [(each.message, each.runs) for each in page.context["failures"]] == [
        ("HTTP 402 from billing", 2)
    ]
    assert page.context["live_count"] == 1
    row = page.context["workflows"][0]
    assert (row.activity.runs, row.activity.failed) == (5, 2)
    assert sum(failed for _, failed in row.days) == 2


def test_the_cost_is_this_months_and_for_those_who_may_see_usage(vera: User) -> None:
    now = timezone.now()
    for moment, cost in ((now, "1.25"), (now, "0.5"), (now - timedelta(days=40), "9")):
        LlmCall.objects.create(
            request_id="r", status="ok", cost_usd=Decimal(cost), created_at=moment
        )
    LlmCall.objects.create(request_id="r", status="ok", cost_usd=None, created_at=now)
    cost = browser(vera).get("/").context["cost"]
    assert (cost.total, cost.calls, cost.unpriced) == (Decimal("1.75"), 3, 1)
    assert cost.sums[-1] == Decimal("1.75")
    assert cost.forecast >= cost.total


def test_home_shows_nothing_of_other_workspaces(
    workflow: Workflow, mallory: User, beta: Tenant
) -> None:
    run_of(workflow, "failed", error={"message": "Alpha's trouble"})
    with tenant_context(beta):  # where her session lives
        page = browser(mallory, tenant="beta").get("/")
    assert page.status_code == 200
    assert "Alpha" not in page.content.decode()
    assert "Refund triage" not in page.content.decode()


def test_home_asks_the_same_number_of_queries_for_many_workflows(
    bob: User, workflow: Workflow
) -> None:
    client = browser(bob)
    run_of(workflow)
    client.get("/")  # the first visit also looks the host up
    with CaptureQueriesContext(connection) as few:
        client.get("/")
    for _ in range(3):
        services.duplicate_workflow(workflow, actor=bob)
        run_of(workflow)
    with CaptureQueriesContext(connection) as many:
        client.get("/")
    assert len(many) == len(few)


def test_the_navigation_marks_the_place_and_hides_what_is_not_allowed(
    vera: User, bob: User
) -> None:
    page = browser(vera).get("/members/").content.decode()
    assert 'href="/api-keys/"' not in page
    assert 'href="/api-keys/"' in browser(bob).get("/members/").content.decode()
    entry = page.split('href="/members/"')[1].split("</a>")[0]
    assert 'aria-current="page"' in entry
    assert page.count('aria-current="page"') >= 1


def test_counts_come_from_whoever_registered(vera: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(navigation, "_counters", {})
    navigation.register_counter("accounts:members", lambda user: 7)
    entry = browser(vera).get("/profile/").content.decode().split('href="/members/"')[1]
    assert 'data-count="accounts:members">7<' in entry.split("</a>")[0]
    with pytest.raises(TypeError):
        navigation.register_counter("accounts:members", lambda user: 8)


def test_the_theme_is_kept_on_the_device(vera: User) -> None:
    client = browser(vera)
    answer = client.post("/theme/", {"theme": "dark"}, HTTP_REFERER="https://evil.example/x")
    assert answer["Location"] == "/"
    assert client.cookies["aut_theme"]["httponly"]
    assert 'data-theme="dark"' in client.get("/members/").content.decode()
    assert client.post("/theme/", {"theme": "pink"}).status_code == 422


def test_no_page_has_inline_styles_or_handlers(alice: User, workflow: Workflow) -> None:
    run_of(workflow)
    for path in ("/", "/members/", "/api-keys/", "/profile/", "/workflows/", "/nothing/"):
        text = browser(alice).get(path).content.decode()
        assert "style=" not in text, path
        assert "<style" not in text, path
        assert " onclick" not in text, path


def test_errors_are_designed_inside_and_outside_the_frame(alice: User, alpha: Tenant) -> None:
    for client, framed in ((browser(alice), True), (browser(), False)):
        page = client.get("/nothing/")
        assert page.status_code == 404
        assert "There is nothing here" in page.content.decode()
        assert ('id="nav"' in page.content.decode()) is framed


def test_an_address_that_takes_no_visits_says_so(alice: User) -> None:
    page = browser(alice).get("/theme/")
    assert (page.status_code, page["Allow"]) == (405, "POST")
    assert "This cannot be opened" in page.content.decode()
    assert browser(alice).get("/notifications/read/", HTTP_HX_REQUEST="true").status_code == 405


def test_unknown_and_suspended_workspaces_name_nobody(alpha: Tenant) -> None:
    page = Client(HTTP_HOST="nobody.localhost").get("/")
    assert (page.status_code, "no workspace" in page.content.decode()) == (404, True)
    with public_scope():
        Tenant.objects.filter(pk=alpha.pk).update(status=Tenant.Status.SUSPENDED)
    page = Client(HTTP_HOST="alpha.localhost").get("/")
    assert page.status_code == 404
    assert "suspended" in page.content.decode()
    assert "Alpha" not in page.content.decode()

"""The pages of guards and their endpoints."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.gateway.guard_rules.services import guards_of_route, guards_of_workspace
from apps.gateway.guards import counts
from apps.gateway.models import LlmCall, ModelRoute, RouteVersion
from tests.factories.browsers import browser
from tests.factories.cast import api_client

pytestmark = pytest.mark.django_db
ROUTE = "/relaycore/routes/default/"
MAIL = "ada@example.com"


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


def route() -> ModelRoute:
    return ModelRoute.objects.get(alias="default")


def test_guards_of_the_workspace_are_set_on_their_page(alice: User) -> None:
    form = {
        "contact_input": "replace", "financial_output": "mask", "links_output": "mask",
        "trusted_hosts": "CDN.example.com\n*.example.org", "refuse_unreadable": "on",
    }  # fmt: skip
    pages = browser(alice)
    assert pages.post("/relaycore/guards/", form)["Location"] == "/relaycore/guards/"
    guards = guards_of_workspace()
    assert (guards.contact.input, guards.financial.output) == ("replace", "mask")
    assert guards.trusted_hosts == ("cdn.example.com", "*.example.org")
    assert guards.refuse_unreadable
    entry = AuditEntry.objects.get(action="guards.set")
    assert (entry.after or {})["contact"] == {"input": "replace"}
    shown = pages.get("/relaycore/guards/").content.decode()
    assert '<option value="replace" selected>' in shown
    wrong = pages.post("/relaycore/guards/", {**form, "trusted_hosts": "https://x/"})
    assert wrong.status_code == 422
    assert "is not the name of a host" in wrong.content.decode()
    assert pages.post("/relaycore/guards/", {"override_input": "mask"}).status_code == 422


def test_a_routes_guards_are_versions_of_it_and_outlive_its_form(alice: User) -> None:
    pages, before = browser(alice), route().version
    pages.post(f"{ROUTE}guards/", {"own": "own", "secrets_input": "refuse"})
    assert route().version == before + 1
    assert guards_of_route(route()).secrets.input == "refuse"
    assert "prompts: refuse" in pages.get(ROUTE).content.decode()
    rows = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-provider": "built-in"}
    assert pages.post(ROUTE, {**rows, "retries": "1"}).status_code == 302
    assert route().policy["retries"] == 1
    assert guards_of_route(route()).secrets.input == "refuse"
    pages.post(f"{ROUTE}guards/", {"own": "", "secrets_input": "mask"})
    assert "guards" not in route().policy
    kept = RouteVersion.objects.get(route=route(), number=before + 1)
    assert kept.settings["policy"]["guards"] == {"secrets": {"input": "refuse"}}


def test_a_text_is_tried_and_goes_nowhere(alice: User) -> None:
    pages = browser(alice)
    pages.post("/relaycore/guards/", {"contact_input": "replace", "financial_input": "refuse"})
    tried = pages.post("/relaycore/guards/try/", {"place": "input", "text": f"<b>{MAIL}</b>"})
    shown = tried.content.decode()
    assert "&lt;b&gt;[EMAIL_1]&lt;/b&gt;" in shown
    assert "E-mail address" in shown
    refused = pages.post(f"{ROUTE}guards/try/", {"place": "input", "text": "4111 1111 1111 1111"})
    assert "The call would end." in refused.content.decode()
    nothing = pages.post("/relaycore/guards/try/", {"place": "output", "text": "Hello"})
    assert "Nothing was found" in nothing.content.decode()
    assert pages.post("/relaycore/guards/try/", {"place": "x", "text": ""}).status_code == 422
    assert not LlmCall.objects.exists()


def test_the_same_by_the_api(client: APIClient) -> None:
    rules: dict[str, Any] = {"identity": {"output": "refuse"}, "trusted_hosts": ["example.com"]}
    assert client.put("/api/v1/gateway/guards/", rules, format="json").status_code == 200
    told = client.get("/api/v1/gateway/guards/").json()
    assert told["identity"] == {"input": "allow", "output": "refuse"}
    assert told["trusted_hosts"] == ["example.com"]
    wrong = client.put("/api/v1/gateway/guards/", {"contact": {"output": "replace"}}, format="json")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_guards")
    body = {"text": "SSN 536-90-4399, 4111 1111 1111 1111", "place": "output", "route": "default"}
    tried = client.post("/api/v1/gateway/guards/try/", body, format="json").json()
    assert tried["refusal"].endswith("Found: US social security number.")
    assert tried["text"] == ""
    found = {(each["kind"], each["action"], each["severity"]) for each in tried["found"]}
    assert found == {("us_ssn", "refuse", "high"), ("card", "allow", "high")}
    other = client.post("/api/v1/gateway/guards/try/", {**body, "route": "no"}, format="json")
    assert other.status_code == 404


def test_what_was_found_is_counted_by_route(alice: User, client: APIClient) -> None:
    found = {"place": "input", "kind": "email", "action": "mask", "count": 3}
    for alias in ("default", "default", "fast"):
        LlmCall.objects.create(request_id="r", route=alias, status="ok", guards=[found])
    LlmCall.objects.create(request_id="r", route="default", status="ok")
    (of_route,), (of_all,) = counts.lately(route()), counts.lately()
    assert (of_route.count, of_route.calls) == (6, 2)
    assert (of_all.count, of_all.calls) == (9, 3)
    told = client.get("/api/v1/gateway/guards/counts/?route=default").json()
    assert [(each["kind"], each["count"]) for each in told] == [("email", 6)]
    call = LlmCall.objects.filter(route="fast").get()
    (row,) = client.get("/api/v1/gateway/calls/?route=fast").json()["results"]
    assert row["guards"] == [found]
    pages = browser(alice)
    assert "E-mail address" in pages.get(f"/relaycore/calls/{call.pk}/").content.decode()
    assert "E-mail address" in pages.get(ROUTE).content.decode()


def test_only_those_who_manage_providers_set_or_try(bob: User, vera: User) -> None:
    for url in (
        "/relaycore/guards/",
        "/relaycore/guards/try/",
        f"{ROUTE}guards/",
        f"{ROUTE}guards/try/",
    ):
        assert browser(bob).post(url, {}).status_code == 403, url
    api = api_client(vera)
    assert api.get("/api/v1/gateway/guards/").status_code == 200
    assert api.put("/api/v1/gateway/guards/", {}, format="json").status_code == 403
    assert api.post("/api/v1/gateway/guards/try/", {}, format="json").status_code == 403


def test_bodies_are_kept_only_where_somebody_says_how_long(alice: User, client: APIClient) -> None:
    pages = browser(alice)
    form = {"keep_hours": "24", "keep_unmasked": ["contact"], "keep_leave_out": "asked.tools"}
    pages.post("/relaycore/guards/", form)
    kept = guards_of_workspace().keeping
    assert (kept.hours, kept.unmasked, kept.leave_out) == (24, ("contact",), ("asked.tools",))
    assert pages.post("/relaycore/guards/", {"keep_leave_out": "x.y"}).status_code == 422
    told = client.get("/api/v1/gateway/guards/").json()["keeping"]
    assert told == {"hours": 24, "unmasked": ["contact"], "leave_out": ["asked.tools"]}
    body = {"keeping": {"hours": None}}
    assert client.put("/api/v1/gateway/guards/", body, format="json").status_code == 200
    assert guards_of_workspace().keeping.hours is None

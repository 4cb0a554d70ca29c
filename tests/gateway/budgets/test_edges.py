"""Budgets over the API and on pages: made, changed, removed, listed, refused, and written down."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import create_folder
from apps.audit.models import AuditEntry
from apps.gateway.models import Budget, MoneyRules
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.gateway.budgets.spending import spend, tell, workspace_budget
from tests.gateway.calling import complete

pytestmark = pytest.mark.django_db(transaction=True)
URL, PAGE = "/api/v1/gateway/budgets/", "/relaycore/budgets/"
NEW = {"scope": "workspace", "every": "month", "amount_usd": "10"}


def actions() -> list[str]:
    """Return what the trail says of budgets, oldest first."""
    entries = AuditEntry.objects.filter(action__startswith="budget.").order_by("at", "id")
    return list(entries.values_list("action", flat=True))


def test_a_budget_is_made_changed_and_removed_over_the_api(alice: User) -> None:
    client = api_client(alice)
    made = client.post(URL, NEW)
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["name"], body["alerts"], body["stops"]) == ("Workspace", [80], True)
    assert (body["state"], body["binding"], body["reached_at"]) == ("fine", False, None)
    assert client.post(URL, NEW).json()["code"] == "budget_taken"
    url = f"{URL}{body['id']}/"
    changed = client.patch(url, {"amount_usd": "20", "stops": False}).json()
    assert (changed["amount_usd"], changed["stops"]) == ("20.0000", False)
    assert client.patch(url, {"amount_usd": "0"}).status_code == 422
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert actions() == ["budget.added", "budget.updated", "budget.deleted"]


def test_what_is_spent_and_which_one_binds_is_told(alice: User) -> None:
    client = api_client(alice)
    workspace_budget(alice, 10)
    client.post(URL, {**NEW, "scope": "member", "subject": str(alice.pk), "amount_usd": "1000"})
    spend("9.999999")  # whatever day of the month it is, the rest is spent soon
    tell()
    first, second = client.get(URL).json()["results"]
    assert (first["name"], first["spent_usd"]) == ("Workspace", "9.9999990000")
    assert (first["binding"], first["state"]) == (True, "binding")
    assert first["left_usd"] == "0.0000010000"
    assert not second["binding"]


def test_budgets_are_searched_and_filtered(alice: User) -> None:
    client = api_client(alice)
    folder = create_folder(name="Invoices", actor=alice)
    client.post(URL, NEW)
    client.post(URL, {**NEW, "scope": "folder", "subject": str(folder.pk), "every": "day"})

    def named(query: str) -> list[str]:
        return [each["name"] for each in client.get(f"{URL}?{query}").json()["results"]]

    assert named("q=invoi") == ["Folder Invoices"]
    assert named("scope=workspace") == ["Workspace"]
    assert named("every=day&state=fine") == ["Folder Invoices"]
    assert named("state=used_up") == []
    assert client.get(f"{URL}?state=nothing").status_code == 422
    page: Any = browser(alice).get(f"{PAGE}?q=invoi")
    assert "Folder Invoices" in page.content.decode()
    assert browser(alice).get(f"{PAGE}?state=nothing").status_code == 422
    assert "No budget fits" in browser(alice).get(f"{PAGE}?q=zzz").content.decode()


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"scope": "folder"}, "subject"),
        ({"subject": "018f0000-0000-7000-8000-000000000000"}, "subject"),
        ({"amount_usd": "0.001"}, "amount_usd"),
        ({"alerts": [0]}, "alerts"),
        ({"alerts": [101]}, "alerts"),
        ({"every": "week"}, "every"),
    ],
)
def test_what_is_no_budget_is_refused(alice: User, more: dict[str, Any], field: str) -> None:
    answer = api_client(alice).post(URL, {**NEW, **more})
    assert answer.status_code == 422
    assert field in answer.json()["errors"][0]["field"]
    assert not Budget.objects.exists()


def test_rules_are_changed_and_checked(alice: User) -> None:
    client = api_client(alice)
    url = "/api/v1/gateway/budget-rules/"
    assert client.get(url).json()["unpriced"] == "refuse"
    assert client.patch(url, {"time_zone": "Mars/Olympus"}).status_code == 422
    changed = client.patch(url, {"time_zone": "Europe/Berlin", "unpriced": "assume"})
    assert changed.json()["time_zone"] == "Europe/Berlin"
    assert MoneyRules.objects.get().unpriced == "assume"
    assert actions() == ["budget.rules_changed"]


def test_pages_set_change_and_remove_a_budget(alice: User) -> None:
    pages: Client = browser(alice)
    assert "Budgets keep calls" in pages.get(PAGE).content.decode()
    form = {"of": "workspace", "every": "day", "amount_usd": "5", "alerts": "50, 80", "stops": "on"}
    made: Any = pages.post(f"{PAGE}new/", form, follow=True)
    assert "counts from now on" in made.content.decode()
    budget = Budget.objects.get()
    assert (budget.alerts, budget.stops) == ([50, 80], True)
    again: Any = pages.post(f"{PAGE}new/", form)
    assert again.status_code == 422
    url = f"{PAGE}{budget.pk}/"
    wrong = pages.post(url, {"amount_usd": "many", "alerts": "half"})
    assert wrong.status_code == 422
    assert "Write whole percents" in wrong.content.decode()
    assert pages.post(url, {"amount_usd": "6", "alerts": ""})["Location"] == url
    budget.refresh_from_db()
    assert (budget.amount_usd, budget.stops) == (Decimal(6), False)
    assert not budget.alerts
    assert "Workspace" in pages.get(PAGE).content.decode()
    pages.post(f"{url}delete/")
    assert not Budget.objects.exists()


def test_members_see_budgets_and_may_not_change_them(alice: User, bob: User) -> None:
    budget = workspace_budget(alice, 10)
    client, pages = api_client(bob), browser(bob)
    assert client.get(f"{URL}{budget.pk}/").status_code == 200
    assert client.post(URL, NEW).status_code == 403
    assert client.patch(f"{URL}{budget.pk}/", {"amount_usd": "1"}).status_code == 403
    assert client.delete(f"{URL}{budget.pk}/").status_code == 403
    assert client.patch("/api/v1/gateway/budget-rules/", {}).status_code == 403
    page = pages.get(f"{PAGE}{budget.pk}/").content.decode()
    assert "Save budget" not in page
    assert pages.post(f"{PAGE}{budget.pk}/", {"amount_usd": "1", "alerts": ""}).status_code == 403
    assert pages.get(f"{PAGE}new/").status_code == 403
    assert pages.get(f"{PAGE}rules/").status_code == 403


def test_what_binds_is_shown_wherever_spend_is(alice: User) -> None:
    workspace_budget(alice, 10)
    complete("fast")
    spend("9.999999")  # whatever day of the month it is, the rest is spent soon
    tell()
    for path in ("/relaycore/", "/usage/"):
        text = browser(alice).get(path).content.decode()
        assert "Reached first" in text
        assert "Binding" in text

"""Usage by workflow, member, key, route and model: on pages, over the API, as a file; and who may see names."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import ApiKey, User
from apps.accounts.services import add_member, create_folder, create_role
from apps.audit.models import AuditEntry
from apps.gateway.budgets.services import add_budget
from apps.gateway.costs import breakdown
from apps.gateway.models import LlmCall
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.gateway.programs import key_of

pytestmark = pytest.mark.django_db
API, PAGE = "/api/v1/usage/by/", "/usage/"


def made(cost: str, **more: Any) -> LlmCall:
    fields: dict[str, Any] = {"request_id": "r", "status": "ok", "route": "fast", **more}
    return LlmCall.objects.create(cost_usd=Decimal(cost), **fields)


def listed(actor: User, by: str, **query: Any) -> list[tuple[str, str]]:
    answer = api_client(actor).get(f"{API}{by}/", query)
    assert answer.status_code == 200, answer.json()
    return [(each["name"], each["totals"]["cost_usd"]) for each in answer.json()["results"]]


@pytest.mark.parametrize("by", ["workflow", "member", "key", "route", "model"])
def test_each_page_is_drawn_empty_filtered_and_filled(vera: User, by: str) -> None:
    client = browser(vera)
    assert "Nothing was called" in client.get(f"{PAGE}{by}/").content.decode()
    assert "Clear filters" in client.get(f"{PAGE}{by}/?status=error").content.decode()
    made("0.5", user_id=vera.pk, provider="p", model="<m>")
    assert "$0.5000" in client.get(f"{PAGE}{by}/").content.decode()
    assert client.get(f"{PAGE}{by}/?time=range&since=nonsense").status_code == 422


def test_sums_have_names_and_the_dearest_come_first(alice: User, bob: User) -> None:
    made("1", user_id=alice.pk)
    made("2", user_id=bob.pk)
    made("0.5", user_id=bob.pk, status="error")
    made("9")
    assert listed(alice, "member") == [
        ("nobody in person", "9.0000000000"), (str(bob), "2.5000000000"),
        (str(alice), "1.0000000000"),
    ]  # fmt: skip
    assert listed(alice, "member", q=bob.email) == [(str(bob), "2.5000000000")]
    assert listed(alice, "member", status="error") == [(str(bob), "0.5000000000")]
    assert listed(alice, "route", member=str(alice.pk)) == [("fast", "1.0000000000")]
    assert api_client(alice).get(f"{API}planet/").status_code == 404
    assert browser(alice).get(f"{PAGE}planet/").status_code == 404
    assert api_client(alice).get(f"{API}route/", {"workflow": "x"}).status_code == 422


def test_pages_of_many_hold_each_once(alice: User) -> None:
    for number in range(30):
        made("1", route=f"r{number:02}")
    first = api_client(alice).get(f"{API}route/").json()
    second = api_client(alice).get(first["next"]).json()
    names = [each["name"] for page in (first, second) for each in page["results"]]
    assert (len(first["results"]), len(set(names)), second["next"]) == (25, 30, None)


def test_a_name_that_somebody_may_not_see_is_not_told(alice: User) -> None:
    key_of(alice)
    key = ApiKey.objects.get(user=alice)
    workflow = create_workflow(name="Secret plan", actor=alice)
    made("3", key_id=key.pk, workflow_id=workflow.pk)
    role = create_role(label="Bookkeeper", permissions=["usage.view"], actor=alice)
    clerk = add_member(
        email="clerk@alpha.example", name="Clerk", role=role.name, password="correct horse 7"
    )
    assert listed(alice, "workflow") == [("Secret plan", "3.0000000000")]
    assert listed(alice, "key") == [(str(key), "3.0000000000")]
    assert listed(clerk, "workflow") == [("another workflow", "3.0000000000")]
    assert listed(clerk, "key") == [("another key", "3.0000000000")]
    assert listed(clerk, "workflow", q="Secret") == []
    file = browser(clerk).post(f"{PAGE}workflow/export/").content.decode()
    assert "another workflow" in file
    assert "Secret" not in file


def test_who_may_not_see_usage_is_refused(alice: User) -> None:
    role = create_role(label="Reader", permissions=["workflow.view"], actor=alice)
    reader = add_member(
        email="reader@alpha.example", name="Reader", role=role.name, password="correct horse 7"
    )
    assert api_client(reader).get(f"{API}member/").status_code == 403
    assert browser(reader).get(f"{PAGE}member/").status_code == 403
    assert browser(reader).post(f"{PAGE}member/export/").status_code == 403
    assert not AuditEntry.objects.filter(action="usage.exported").exists()


def test_a_file_holds_what_the_page_shows_and_is_written_down(alice: User) -> None:
    made("1.25", route="=HYPERLINK()", input_tokens=7)
    made("1", route="fast", status="error")
    answer = browser(alice).post(f"{PAGE}route/export/?status=ok")
    assert answer["Content-Type"].startswith("text/csv")
    heading, row = csv.reader(io.StringIO(answer.content.decode()))
    told = dict(zip(heading, row, strict=True))
    assert (told["route"], told["calls"], told["input_tokens"]) == ("'=HYPERLINK()", "1", "7")
    assert Decimal(told["cost_usd"]) == Decimal("1.25")
    entry = AuditEntry.objects.get(action="usage.exported")
    assert entry.after == {"by": "route", "rows": 1, "status": "ok"}


def test_calls_are_filtered_by_workflow_and_member(alice: User) -> None:
    made("1", user_id=alice.pk, model="hers")
    made("1", model="anothers")
    page = browser(alice).get(f"/relaycore/calls/?member={alice.pk}").content.decode()
    assert "hers" in page
    assert "anothers" not in page
    assert str(alice) in page


def test_each_is_told_with_the_budget_that_stops_it_first(
    alice: User, vera: User, django_assert_num_queries: Any
) -> None:
    folder = create_folder(name="Support", actor=alice)
    flows = [create_workflow(actor=alice, name=f"Flow {n}", folder=folder) for n in range(3)]
    for flow in flows:
        made("1", workflow_id=flow.pk, user_id=alice.pk)
    page = browser(alice)
    assert "Stopped first by" in page.get(f"{PAGE}workflow/").content.decode()
    assert "Stopped first by" not in page.get(f"{PAGE}route/").content.decode()
    add_budget(
        actor=alice, every="month", scope="folder", subject=folder.pk, amount_usd=Decimal(50)
    )
    add_budget(
        actor=alice, every="month", scope="workflow", subject=flows[0].pk, amount_usd=Decimal(5)
    )
    add_budget(actor=alice, every="month", scope="member", subject=alice.pk, amount_usd=Decimal(7))
    by = breakdown.DIMENSIONS["workflow"]
    rows = [breakdown.Row(str(flow), "", str(flow.pk), {}) for flow in [*flows, flows[0]]]
    with CaptureQueriesContext(connection) as one:
        breakdown.with_limits(by, rows[:1], actor=alice)
    with django_assert_num_queries(len(one)):
        found = breakdown.with_limits(by, rows, actor=alice)
    limits = [each.limit.amount for each in found if each.limit]
    assert limits == [Decimal(5), Decimal(50), Decimal(50), Decimal(5)]
    shown = page.get(f"{PAGE}workflow/").content.decode()
    assert ("of $5.00" in shown, "of $50.00" in shown) == (True, True)
    assert "of $7.00" in page.get(f"{PAGE}member/").content.decode()
    assert page.get(f"{PAGE}key/").status_code == 200

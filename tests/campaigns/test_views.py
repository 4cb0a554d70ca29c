"""Pages and API of access reviews: what they show to whom, and that their forms do what they say."""

import csv
import io
import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import User
from apps.accounts.services import change_role, create_api_key
from apps.audit.models import AuditEntry
from apps.campaigns import carrying, formats, services, taking
from apps.campaigns.models import Campaign, Item, Series, Sort
from tests.campaigns.conftest import decided, right, started
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client, member

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/access/reviews/"
API = "/api/v1/campaigns/"


@pytest.fixture
def campaign(everything: None, alice: User, adam: User) -> Campaign:
    return started(alice, reviewers="person", reviewer=adam)


def shown(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_one_is_begun_once_or_again_and_again(alice: User, bob: User, adam: User) -> None:
    client = browser(alice)
    assert "Nobody was asked yet." in shown(client, URL)
    form = {
        "name": "Third quarter", "sorts": ["role", "key"], "reviewers": "person",
        "reviewer": adam.email, "days": "10", "months": "",
    }  # fmt: skip
    answer = client.post(f"{URL}new/", form)
    campaign = Campaign.objects.get()
    assert answer["Location"] == f"{URL}{campaign.pk}/"
    assert (campaign.sorts, campaign.reviewer, campaign.days) == (["key", "role"], adam, 10)
    assert "The rights are being read." in shown(client, f"{URL}{campaign.pk}/")
    client.post(f"{URL}new/", {**form, "months": "3"})
    assert Series.objects.get().months == 3
    assert "Every quarter" in shown(client, URL)
    wrong = client.post(f"{URL}new/", {**form, "reviewer": "nobody@example.com"})
    assert (wrong.status_code, "Nobody in the workspace" in wrong.content.decode()) == (422, True)
    refused = client.post(f"{URL}new/", {**form, "sorts": []})
    assert (refused.status_code, "at least one sort" in refused.content.decode()) == (422, True)
    assert browser(bob).get(f"{URL}new/").status_code == 403


def test_a_reviewer_decides_from_list_and_page(campaign: Campaign, adam: User) -> None:
    client, path = browser(adam), f"{URL}{campaign.pk}/"
    assert "1 access review waits for you." in shown(client, URL)
    role = right(campaign, "Bob", Sort.ROLE)
    page = shown(client, f"{path}?q=Bob")
    assert "Keep all" in page
    client.post(f"{URL}rights/{role.pk}/decide/?q=Bob", {"decision": "keep"})
    role.refresh_from_db()
    assert role.decision == "keep"
    key = right(campaign, "Bob", Sort.KEY)
    late = client.post(f"{URL}rights/{key.pk}/decide/", {"decision": "remove", "reason": ""})
    assert (late.status_code, "Say why" in late.content.decode()) == (422, True)
    client.post(f"{URL}rights/{key.pk}/decide/", {"decision": "remove", "reason": "Old."})
    client.post(f"{path}keep/?q=Vera")
    assert not campaign.items.undecided().filter(holder_label="Vera").exists()
    assert campaign.items.undecided().filter(holder_label="Alice").exists()
    own = right(campaign, "Adam", Sort.ROLE)
    assert client.post(f"{URL}rights/{own.pk}/decide/", {"decision": "keep"}).status_code == 403


def test_what_changed_since_is_shown(
    campaign: Campaign, alice: User, bob: User, adam: User
) -> None:
    change_role(bob, role="operator", actor=alice)
    page = shown(browser(adam), f"{URL}{campaign.pk}/?q=Bob&sort=role")
    assert "changed since" in page
    item = shown(browser(adam), f"{URL}rights/{right(campaign, 'Bob', Sort.ROLE).pk}/")
    assert "builder, now operator" in item
    change_role(bob, role=None, actor=alice)
    assert "This right is gone." in shown(
        browser(adam), f"{URL}rights/{right(campaign, 'Bob', Sort.ROLE).pk}/"
    )


def test_reviewers_see_their_own_and_others_nothing(
    campaign: Campaign, alice: User, bob: User
) -> None:
    mona, gus = member("Mona", "operator"), member("Gus", "viewer")
    services.hand_on(campaign, campaign.items.filter(sort="key"), to=mona, actor=alice)
    page = shown(browser(mona), f"{URL}{campaign.pk}/")
    assert "Export" in page
    assert "Alice" not in page.split('id="list"')[1].split("</section>")[0]
    other = right(campaign, "Vera", Sort.ROLE)
    assert browser(mona).get(f"{URL}rights/{other.pk}/").status_code == 404
    for person in (bob, gus):
        assert browser(person).get(f"{URL}{campaign.pk}/").status_code == 404
        assert api_client(person).get(f"{API}{campaign.pk}/items/").status_code == 404
        assert "Nothing waits for you." in shown(browser(person), URL)
    assert browser(mona).post(f"{URL}{campaign.pk}/export/", {"format": "csv"}).status_code == 403


def test_a_key_of_a_reviewer_sees_no_more_than_it_may(campaign: Campaign, adam: User) -> None:
    _, text = create_api_key(name="Calls", role="caller", user=adam, actor=adam)
    assert key_client(text).get(API).json()["results"] == []
    assert key_client(text).get(f"{API}{campaign.pk}/").status_code == 404


def test_it_is_signed_handed_on_and_settled(campaign: Campaign, alice: User, adam: User) -> None:
    client, path = browser(alice), f"{URL}{campaign.pk}/"
    early = client.post(f"{path}sign/", {"statement": ""})
    assert (early.status_code, "not decided yet" in early.content.decode()) == (409, True)
    wrong = client.post(f"{path}hand-on/?sort=key", {"reviewer": "vera@viewer.example"})
    assert wrong.status_code in (302, 422)
    role = right(campaign, "Bob", Sort.ROLE)
    services.decide(role, actor=adam, decision="change", reason="Operator is enough.")
    decided(campaign)
    client.post(f"{path}sign/", {"statement": "All looked at."})
    carrying.carry(campaign.pk)
    page = shown(client, f"{path}?outcome=hand")
    assert "To be changed" in page
    client.post(f"{URL}rights/{role.pk}/settle/", {"reason": "Made an operator."})
    role.refresh_from_db()
    assert role.outcome == "done"
    assert client.post(f"{path}cancel/", {"reason": "Late."}).status_code == 409


def test_it_is_taken_as_a_file_without_formulas(campaign: Campaign, alice: User) -> None:
    Item.objects.filter(holder_label="Bob").update(holder_label="=cmd()")
    client = browser(alice)
    text = _streamed(client.post(f"{URL}{campaign.pk}/export/", {"format": "csv"}))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == campaign.total
    assert "'=cmd()" in {row["holder"] for row in rows}
    told = json.loads(_streamed(client.post(f"{URL}{campaign.pk}/export/", {"format": "json"})))
    assert told["campaign"]["total"] == len(told["items"]) == campaign.total
    assert AuditEntry.objects.filter(action="campaign.exported").count() == 2
    assert client.post(f"{URL}{campaign.pk}/export/", {"format": "exe"}).status_code == 422


def test_programs_take_it_as_they_ask(
    campaign: Campaign, alice: User, adam: User, bob: User
) -> None:
    client, path = api_client(alice), f"{API}{campaign.pk}/export/"
    told = json.loads(_streamed(client.get(path)))
    assert len(told["items"]) == campaign.total
    table = client.get(path, HTTP_ACCEPT="text/csv")
    assert table["Content-Type"].startswith("text/csv")
    assert len(list(csv.DictReader(io.StringIO(_streamed(table))))) == campaign.total
    assert api_client(bob).get(path, HTTP_ACCEPT="text/csv").status_code == 403
    assert client.get(f"{API}{alice.pk}/export/", HTTP_ACCEPT="text/csv").status_code == 404


def test_a_file_is_written_in_pieces(
    campaign: Campaign, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "PIECE", 2)
    answer = browser(alice).post(f"{URL}{campaign.pk}/export/", {"format": "json"})
    assert len(json.loads(_streamed(answer))["items"]) == campaign.total


def test_it_asks_as_much_for_many_as_for_few(alice: User, adam: User) -> None:
    few = started(alice, reviewers="person", reviewer=adam)
    for number in range(12):
        member(f"P{number}", "viewer")
    many = started(alice, reviewers="person", reviewer=adam)
    client, counts = browser(alice), []
    for each in (few, few, many):
        with CaptureQueriesContext(connection) as asked:
            client.get(f"{URL}{each.pk}/")
        counts.append(len(asked))
    assert counts[1] == counts[2]


def test_filters_are_the_same_on_page_and_api(campaign: Campaign, alice: User) -> None:
    client = api_client(alice)

    def labels(**params: str) -> set[str]:
        told = client.get(f"{API}{campaign.pk}/items/", {**params, "page_size": "100"}).json()
        return {each["holder"] for each in told["results"]}

    assert labels(sort="key") == {"Bob", "Export"}
    assert labels(q="ver") == {"Vera"}
    assert labels(reviewer="me") == {"Adam"}
    assert labels(decision="keep") == set()
    assert client.get(f"{API}{campaign.pk}/items/", {"sort": "robot"}).status_code == 422
    assert browser(alice).get(f"{URL}{campaign.pk}/?sort=robot").status_code == 422
    assert browser(alice).get(f"{URL}?state=robot").status_code == 422
    assert len(client.get(API, {"state": "open"}).json()["results"]) == 1


def test_the_whole_of_it_over_the_api(everything: None, alice: User, adam: User, bob: User) -> None:
    owner, reviewer = api_client(alice), api_client(adam)
    body = {"name": "By API", "sorts": ["role", "key"], "reviewers": "person", "reviewer": str(adam.pk)}  # fmt: skip
    made = owner.post(API, body, format="json")
    assert (made.status_code, made.json()["status"]) == (201, "gathering")
    assert api_client(bob).post(API, body, format="json").status_code == 403
    pk = made.json()["id"]
    taking.carry(Campaign.objects.get().pk)
    role = Item.objects.get(holder_label="Bob", sort="role")
    told = reviewer.get(f"/api/v1/campaign-items/{role.pk}/").json()
    assert (told["changes"], told["is_gone"], told["decision"]) == ([], False, "")
    said = reviewer.post(
        f"/api/v1/campaign-items/{role.pk}/decide/", {"decision": "remove", "reason": "Left."}
    )
    assert (said.status_code, said.json()["decision"]) == (200, "remove")
    kept = reviewer.post(f"{API}{pk}/keep/", {"filters": {"sort": "key"}}, format="json")
    assert kept.json()["items"] == 2
    assert reviewer.post(f"{API}{pk}/keep/", {"filters": {"srt": "key"}}, format="json").status_code == 422  # fmt: skip
    handed = owner.post(f"{API}{pk}/hand-on/", {"reviewer": str(bob.pk), "filters": {"q": "Vera"}}, format="json")  # fmt: skip
    assert handed.json() == {"items": 1, "left": 0}
    decided(Campaign.objects.get())
    signed = owner.post(f"{API}{pk}/sign/", {"statement": "Fine."}, format="json")
    assert signed.json()["status"] == "signed"
    carrying.carry(Campaign.objects.get().pk)
    assert owner.get(f"{API}{pk}/").json()["status"] == "closed"
    role.refresh_from_db()
    assert role.outcome == "removed"


def test_series_over_the_api(alice: User, adam: User, bob: User) -> None:
    client = api_client(alice)
    client.post(API, {"name": "S", "sorts": ["role"], "reviewers": "managers", "months": 6}, format="json")  # fmt: skip
    [told] = client.get("/api/v1/campaign-series/").json()["results"]
    path = f"/api/v1/campaign-series/{told['id']}/"
    assert client.post(f"{path}pause/").json()["paused_at"]
    assert client.post(f"{path}resume/").json()["paused_at"] is None
    assert api_client(bob).delete(path).status_code == 403
    assert client.delete(path).status_code == 204
    again = client.post(f"{URL}series/{told['id']}/pause/")
    assert again.status_code == 404


def _streamed(answer: Any) -> str:
    async def gathered() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(gathered)().decode()

"""The audit log in its states."""

from datetime import UTC, datetime

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import change_role
from apps.audit import chain
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.oversight import entries, verifying
from apps.oversight.models import Verification
from apps.tenants.context import current_schema, maintenance
from tests.factories.cast import api_client


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


def text(client: APIClient, path: str = "/audit/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_says_what_happened(client: APIClient, alice: User, bob: User) -> None:
    change_role(bob, role="viewer", actor=alice)
    page = text(client)
    assert "Changed the role of <b>Bob</b>" in page
    assert "Today, " in page
    assert "viewer</span>" not in page  # no values until somebody looks


def test_an_entry_opens_in_place_and_on_its_page(client: APIClient, alice: User, bob: User) -> None:
    change_role(bob, role="viewer", actor=alice)
    chain.link()
    entry = AuditEntry.objects.get(action="member.role_changed")
    for path in (f"/audit/?open={entry.pk}", f"/audit/entries/{entry.pk}/"):
        page = text(client, path)
        assert '<span class="mono was">builder</span>' in page
        assert '<span class="mono is">viewer</span>' in page
        assert Link.objects.get(entry=entry.pk).hash in page
    assert AuditEntry.objects.filter(action="audit.viewed").count() == 2


def test_what_is_done_to_one_object_is_found(client: APIClient, alice: User, bob: User) -> None:
    change_role(bob, role="viewer", actor=alice)
    page = text(client, f"/audit/?time=all&object={bob.pk}")
    assert "Changed the role of <b>Bob</b>" in page
    assert "Added <b>Alice</b>" not in page


def test_denied_entries_are_marked_and_counted(client: APIClient, alice: User) -> None:
    record("secret.read", actor=alice, result=AuditEntry.Result.DENIED)
    page = text(client, "/audit/?result=denied")
    assert "1 entry, 1 denied" in page
    assert "Denied</span>" in page


def test_nothing_fits(client: APIClient) -> None:
    assert "No entry fits these filters" in text(client, "/audit/?q=nobody-knows")
    assert "Clear filters" in text(client, "/audit/?action=none.such")


def test_a_filter_that_makes_no_sense_says_so(client: APIClient) -> None:
    assert "A filter makes no sense" in text(client, "/audit/?ip=here")
    assert "2026-01-31" in text(client, "/audit/?time=range&since=soon")


def test_old_entries_are_seen_when_asked_for(client: APIClient, alice: User) -> None:
    with maintenance(current_schema()):
        old = record("thing.old", actor=None)
        AuditEntry.objects.filter(pk=old.pk).update(at=datetime(2020, 5, 4, tzinfo=UTC))
    assert "thing.old" not in _rows(text(client))
    assert "thing.old" in _rows(text(client, "/audit/?time=all"))
    between = "/audit/?time=range&since=2020-05-01&until=2020-06-01"
    assert "thing.old" in _rows(text(client, between))


def _rows(page: str) -> str:
    """Return the part of the page below its filters."""
    return page.partition('id="list"')[2]


def test_pages_go_to_older_ones_and_back(
    client: APIClient, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "PAGE", 2)
    made = [record(f"thing.n{n}", actor=None) for n in range(4)]
    first = text(client, "/audit/?action=thing.*")
    assert "thing.n3" in _rows(first)
    assert "thing.n1" not in _rows(first)
    assert f"before={made[2].pk}" in first
    second = text(client, f"/audit/?action=thing.*&before={made[2].pk}")
    assert "thing.n1" in _rows(second)
    assert "thing.n2" not in _rows(second)
    assert f"after={made[1].pk}" in second
    assert "thing.n3" in _rows(text(client, f"/audit/?action=thing.*&after={made[1].pk}"))


def test_the_chain_is_verified_from_the_page(client: APIClient, alice: User) -> None:
    chain.link()
    assert client.post("/audit/verify/").headers["Location"] == "/audit/"
    assert "Verifying: 0 of" in text(client)
    client.post("/audit/verify/")
    assert "being verified already" in text(client)
    verifying.carry(Verification.objects.get().pk)
    assert "Chain verified" in text(client)


def test_a_broken_chain_is_told_in_red(client: APIClient, alice: User) -> None:
    record("thing.made", actor=None)
    chain.link()
    with maintenance(current_schema()):
        AuditEntry.objects.filter(action="thing.made").update(actor_label="nobody")
    client.post("/audit/verify/")
    verifying.carry(Verification.objects.get().pk)
    page = text(client)
    assert "Chain broken" in page
    assert "The audit trail is not as it was written." in page


def test_builders_see_neither_page_nor_place(bob: User) -> None:
    builder = api_client(bob)
    assert builder.get("/audit/").status_code == 403
    assert builder.post("/audit/verify/").status_code == 403
    assert 'href="/audit/"' not in builder.get("/").content.decode()

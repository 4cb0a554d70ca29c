"""Archives over HTTP: the pages, the API, and who is let in."""

from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts import proof
from apps.accounts.models import User
from apps.accounts.services import create_role
from apps.audit.models import AuditEntry
from apps.portability import exporting, services
from apps.portability.models import Export
from apps.tenants.models import Tenant
from tests.factories.cast import api_client, member
from tests.portability.archives import Archive, opened, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
URL, PAGE = "/api/v1/archives/", "/archives/"


def stale(client: APIClient) -> APIClient:
    """Let the last proof of who it is be too old."""
    session = client.session
    proof.withdraw(session)
    session.save()
    return client


def page(client: APIClient, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


def _streamed(answer: Any) -> bytes:
    async def gathered() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(gathered)()


class TestApi:
    def test_it_is_asked_for_followed_and_fetched(self, alice: User) -> None:
        client = api_client(alice)
        asked = client.post(URL, {})
        assert (asked.status_code, asked.json()["status"]) == (202, "queued")
        export = Export.objects.get()
        one = f"{URL}{export.pk}/"
        assert client.get(f"{one}pieces/1/").status_code == 409
        archive = written(export)
        told = client.get(one).json()
        assert (told["status"], told["done"], told["pieces"]) == ("done", told["total"], 2)
        assert told["moment"]
        pieces = [client.get(f"{one}pieces/{number}/").content for number in (1, 2)]
        assert Archive(b"".join(pieces)).manifest == archive.manifest
        assert client.get(f"{one}pieces/3/").status_code == 404
        assert AuditEntry.objects.filter(action="archive.downloaded").count() == 1
        assert client.delete(one).status_code == 204
        assert client.get(one).status_code == 404

    def test_a_second_one_waits_for_the_first(self, alice: User) -> None:
        client = api_client(alice)
        client.post(URL, {})
        refused = client.post(URL, {})
        assert (refused.status_code, refused.json()["code"]) == (409, "archive_running")
        export = Export.objects.get()
        assert client.post(f"{URL}{export.pk}/cancel/").json()["status"] == "cancelled"
        again = client.post(f"{URL}{export.pk}/cancel/")
        assert (again.status_code, again.json()["code"]) == (409, "archive_over")
        assert client.post(URL, {}).status_code == 202

    def test_a_short_passphrase_is_refused_and_never_told(self, alice: User) -> None:
        client = api_client(alice)
        refused = client.post(URL, {"passphrase": "too short"})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == "passphrase"
        told = client.post(URL, {"passphrase": "long enough to be one"})
        assert told.json()["with_secrets"] is True
        assert b"long enough" not in told.content
        trail = AuditEntry.objects.filter(action="archive.started").get()
        assert trail.after == {"secrets": True}

    def test_it_asks_for_a_fresh_proof(self, alice: User) -> None:
        export = services.start_export(actor=alice)
        written(export)
        client = stale(api_client(alice))
        one = f"{URL}{export.pk}/"
        assert client.get(one).status_code == 200
        for answer in (client.post(URL, {}), client.get(f"{one}pieces/1/"), client.delete(one)):
            assert (answer.status_code, answer.json()["code"]) == (403, "proof_required")
        assert not AuditEntry.objects.filter(action="archive.downloaded").exists()

    def test_expired_it_is_gone(self, alice: User) -> None:
        export = services.start_export(actor=alice)
        written(export)
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        answer = api_client(alice).get(f"{URL}{export.pk}/pieces/1/")
        assert (answer.status_code, answer.json()["code"]) == (410, "archive_expired")

    def test_others_are_refused(self, alice: User, beta: Tenant) -> None:
        export = services.start_export(actor=alice)
        written(export)
        assert APIClient(HTTP_HOST="alpha.localhost").get(URL).status_code == 401
        for role in ("admin", "builder", "operator", "viewer"):
            client = api_client(member(role.title(), role))
            for answer in (
                client.get(URL),
                client.post(URL, {}),
                client.get(f"{URL}{export.pk}/"),
                client.post(f"{URL}{export.pk}/cancel/"),
                client.get(f"{URL}{export.pk}/pieces/1/"),
                client.delete(f"{URL}{export.pk}/"),
                client.get(PAGE),
                client.get(f"{PAGE}{export.pk}/file/"),
            ):
                assert answer.status_code == 403, role
        assert Export.objects.filter(pk=export.pk).exists()

    def test_who_may_only_see_takes_nothing(self, alice: User) -> None:
        export = services.start_export(actor=alice)
        written(export)
        create_role(label="Clerk", permissions=["archive.view"], actor=alice)
        client = api_client(member("Clara", "clerk"))
        assert client.get(f"{URL}{export.pk}/").status_code == 200
        assert client.get(f"{URL}{export.pk}/pieces/1/").status_code == 403
        assert client.delete(f"{URL}{export.pk}/").status_code == 403
        text = page(client)
        assert f"{export}" in text
        assert "Write archive" not in text
        assert "Download" not in text


class TestPages:
    def test_the_list_follows_it(self, alice: User) -> None:
        client = api_client(alice)
        assert "will be listed here" in page(client)
        started = client.post(f"{PAGE}new/", {}, format="multipart")
        assert started.headers["Location"] == PAGE
        export = Export.objects.get()
        text = page(client)
        assert "every 2s" in text
        assert f"Cancel {export}" in text
        exporting._advance(export.pk)
        exporting._advance(export.pk)
        assert "Packing" in page(client)
        archive = written(export)
        text = page(client)
        assert f"{PAGE}{export.pk}/file/" in text
        assert "every 2s" not in text
        answer: Any = client.get(f"{PAGE}{export.pk}/file/")
        assert answer["Content-Disposition"] == f'attachment; filename="{export}"'
        assert answer["Content-Length"] == str(len(archive.data))
        assert _streamed(answer) == archive.data == opened(export).data
        assert AuditEntry.objects.filter(action="archive.downloaded").count() == 1

    def test_states_are_filtered(self, alice: User) -> None:
        client = api_client(alice)
        export = services.start_export(actor=alice)
        assert f"{export}" in page(client, f"{PAGE}?state=going")
        assert "No archive is in this state" in page(client, f"{PAGE}?state=ready")
        written(export)
        assert f"{export}" in page(client, f"{PAGE}?state=ready")
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        assert f"{export}" in page(client, f"{PAGE}?state=expired")
        assert f"{PAGE}{export.pk}/file/" not in page(client)

    def test_it_is_cancelled_and_deleted(self, alice: User) -> None:
        client = api_client(alice)
        export = services.start_export(actor=alice)
        client.post(f"{PAGE}{export.pk}/cancel/", format="multipart")
        assert "Cancelled" in page(client)
        client.post(f"{PAGE}{export.pk}/delete/", format="multipart")
        assert not Export.objects.exists()

    @pytest.mark.parametrize(
        ("fields", "why"),
        [
            ({"with_secrets": "on"}, "at least 12 characters"),
            ({"with_secrets": "on", "passphrase": "x" * 12, "again": "y" * 12}, "not the same"),
            ({"passphrase": "x" * 12, "again": "x" * 12}, "leave the passphrase out"),
        ],
    )
    def test_what_makes_no_sense_is_said(
        self, alice: User, fields: dict[str, str], why: str
    ) -> None:
        answer = api_client(alice).post(f"{PAGE}new/", fields, format="multipart")
        assert answer.status_code == 422
        text = answer.content.decode()
        assert why in text
        assert "xxxxxxxxxxxx" not in text
        assert not Export.objects.exists()

    def test_a_file_asks_for_a_fresh_proof(self, alice: User) -> None:
        export = services.start_export(actor=alice)
        written(export)
        answer = stale(api_client(alice)).get(f"{PAGE}{export.pk}/file/")
        assert answer.status_code == 302
        assert "next=" in answer.headers["Location"]
        assert not AuditEntry.objects.filter(action="archive.downloaded").exists()

    def test_what_is_in_one_is_told(self, alice: User) -> None:
        text = page(api_client(alice), f"{PAGE}contents/")
        assert "workflow_updates" in text
        assert "Keys are made anew" in text or "keys are made anew" in text
        assert "mfa.Authenticator" in text

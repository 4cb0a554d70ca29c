"""Archives that come in, over HTTP: sent in pieces by programs and browsers, started with a proof, reported."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from apps.accounts import proof
from apps.accounts.models import User
from apps.accounts.services import add_member, create_api_key, create_role
from apps.audit import checking
from apps.audit.models import AuditEntry
from apps.portability import importing, receiving, services
from apps.portability.models import Import
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import services as workflows
from apps.workflows.models import Workflow
from tests.factories.cast import api_client, member
from tests.portability.archives import Archive, written
from tests.portability.test_round_trip import take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
URL, PAGE = "/api/v1/archive-imports/", "/archives/imports/"
OCTETS = "application/octet-stream"


@pytest.fixture
def archive(alice: User) -> Archive:
    workflows.create_workflow(name="Greeting", actor=alice)
    create_api_key(user=alice, name="Program", role="viewer", actor=alice)
    return written(services.start_export(actor=alice))


@pytest.fixture
def nora(beta: Tenant) -> Iterator[User]:
    """The owner of a new workspace, in which the test goes on."""
    with tenant_context(beta):
        yield add_member(email="nora@new.example", name="Nora", role="owner", password="x" * 14)


@pytest.fixture
def client(nora: User) -> APIClient:
    return api_client(nora, "beta")


def stale(client: APIClient) -> APIClient:
    """Let the last proof of who it is be too old."""
    session = client.session
    proof.withdraw(session)
    session.save()
    return client


def put(client: APIClient, path: str, data: bytes, media: str = OCTETS) -> Any:
    return client.put(path, data, content_type=media)


def page(client: APIClient, path: str = PAGE) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.content
    return " ".join(answer.content.decode().split())


class TestApi:
    def test_it_is_sent_started_and_reported(self, archive: Archive, client: APIClient) -> None:
        begun = client.post(URL, {"file_name": "alpha.zip"})
        assert (begun.status_code, begun.json()["status"]) == (201, "uploading")
        one = f"{URL}{begun.json()['id']}/"
        half = len(archive.data) // 2
        for number, data in ((1, archive.data[:half]), (2, archive.data[half:])):
            answer = put(client, f"{one}pieces/{number}/", data)
            assert answer.status_code == 200, answer.content
        assert client.get(one).json()["pieces"] == 2
        started = client.post(f"{one}start/", {})
        assert (started.status_code, started.json()["status"]) == (202, "queued")
        importing.carry(Import.objects.get().pk)
        told = client.get(one).json()
        assert (told["status"], told["source"]) == ("done", "Alpha")
        assert told["report"]["came"]["workflows"] == 1
        assert {"kind", "why", "count"} == set(told["report"]["left"][0])
        assert client.get(URL).json()["results"][0]["id"] == told["id"]

    def test_a_piece_has_a_size_and_a_turn(self, client: APIClient) -> None:
        one = f"{URL}{client.post(URL, {}).json()['id']}/pieces/"
        large = put(client, f"{one}1/", b"x" * (receiving.MOST_PIECE + 1))
        assert (large.status_code, large.json()["code"]) == (413, "piece_too_large")
        late = put(client, f"{one}7/", b"x")
        assert (late.status_code, late.json()["code"]) == (409, "piece_out_of_order")
        other = put(client, f"{one}1/", b"{}", "application/json")
        assert other.status_code == 415

    def test_starting_asks_for_a_fresh_proof(self, client: APIClient) -> None:
        one = f"{URL}{client.post(URL, {}).json()['id']}/"
        put(client, f"{one}pieces/1/", b"x")
        answer = stale(client).post(f"{one}start/", {})
        assert (answer.status_code, answer.json()["code"]) == (403, "proof_required")
        assert client.post(f"{one}cancel/").json()["status"] == "cancelled"

    def test_others_are_refused(self, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        one = f"{URL}{job.pk}/"
        assert APIClient(HTTP_HOST="beta.localhost").get(URL).status_code == 401
        for role in ("admin", "builder", "operator", "viewer"):
            client = api_client(member(role.title(), role), "beta")
            for answer in (
                client.get(URL),
                client.get(one),
                client.post(URL, {}),
                put(client, f"{one}pieces/1/", b"x"),
                client.post(f"{one}start/", {}),
                client.post(f"{one}cancel/"),
                client.get(PAGE),
                client.get(f"{PAGE}{job.pk}/"),
                client.post(f"{PAGE}{job.pk}/start/"),
                client.post(f"{PAGE}{job.pk}/cancel/"),
            ):
                assert answer.status_code == 403, role

    def test_who_may_only_see_sends_nothing(self, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        create_role(label="Clerk", permissions=["archive.view"], actor=nora)
        client = api_client(member("Clara", "clerk"), "beta")
        assert client.get(f"{URL}{job.pk}/").status_code == 200
        assert client.post(URL, {}).status_code == 403
        assert client.post(f"{URL}{job.pk}/start/", {}).status_code == 403


class TestPages:
    def test_a_small_one_is_sent_at_once(self, archive: Archive, client: APIClient) -> None:
        assert "listed here" in page(client)
        given = SimpleUploadedFile("alpha.zip", archive.data, "application/zip")
        sent = client.post(PAGE, {"file": given}, format="multipart")
        job = Import.objects.get()
        assert sent.headers["Location"] == f"{PAGE}{job.pk}/"
        text = page(client, f"{PAGE}{job.pk}/")
        assert "Take it in" in text
        client.post(f"{PAGE}{job.pk}/start/", {}, format="multipart")
        assert "every 2s" in page(client, f"{PAGE}{job.pk}/")
        importing.carry(job.pk)
        text = page(client, f"{PAGE}{job.pk}/")
        assert "Workspace Alpha" in text
        for heading in ("Otherwise than it was", "Left out", "Came in"):
            assert heading in text
        assert "every 2s" not in text
        assert "Came in" in page(client)
        shown = page(client)
        assert "This workspace is not new" in shown
        assert "It has " in shown
        assert "No archive matches" in page(client, f"{PAGE}?q=nothing")
        assert Workflow.objects.count() == 1

    def test_why_nothing_came_is_said(self, client: APIClient, nora: User) -> None:
        job = take_in(b"no archive at all, however long it is", nora)
        text = page(client, f"{PAGE}{job.pk}/")
        assert "Nothing of it came in." in text
        assert "no ZIP that can be read" in text

    def test_starting_asks_for_a_fresh_proof(self, client: APIClient, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        receiving.add_piece(job.pk, 1, b"x", actor=nora)
        stale(client).post(f"{PAGE}{job.pk}/start/", {}, format="multipart")
        job.refresh_from_db()
        assert job.status == "uploading"

    def test_it_is_forgotten(self, client: APIClient, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        client.post(f"{PAGE}{job.pk}/cancel/", format="multipart")
        assert "It was cancelled." in page(client, f"{PAGE}{job.pk}/")

    def test_nothing_is_started_without_bytes(self, client: APIClient, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        answer = client.post(f"{PAGE}{job.pk}/start/", {}, format="multipart")
        assert answer.status_code == 422
        assert "Nothing of the archive was sent yet" in answer.content.decode()

    def test_the_history_is_beside_the_trail(
        self, archive: Archive, client: APIClient, nora: User
    ) -> None:
        assert "No archive has brought any" in page(client, "/archives/history/")
        take_in(archive.data, nora)
        text = page(client, "/archives/history/?q=workflow.created")
        assert "Alice" in text
        assert "nobody here vouches for it" in text
        assert "No entry matches" in page(client, "/archives/history/?q=nothing-like-it")
        assert not AuditEntry.objects.filter(actor_label="Alice").exists()
        assert not checking.verify().wrong

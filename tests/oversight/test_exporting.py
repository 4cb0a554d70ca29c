"""Exports: complete whatever happens on the way, for the one who asked, and no formulas for spreadsheets."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.accounts.services import change_role
from apps.audit import chain
from apps.audit.models import AuditEntry, Link
from apps.audit.services import record
from apps.common.errors import Forbidden, Invalid
from apps.dispatch.models import Chore
from apps.files import services as files
from apps.files.models import Blob
from apps.files.storage import Folder
from apps.oversight import exporting, formats, services
from apps.oversight.exceptions import ExportExpired, ExportNotReady, ExportRunning
from apps.oversight.models import Export, Piece
from tests.factories.cast import api_client, member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
URL = "/api/v1/audit/exports/"


@pytest.fixture
def entries(alice: User) -> list[AuditEntry]:
    made = [record("thing.made", actor=alice, after={"n": number}) for number in range(5)]
    chain.link()
    return made


def written(export: Export) -> str:
    exporting.carry(export.pk)
    export.refresh_from_db()
    assert export.status == Export.Status.DONE
    return b"".join(
        files.load(piece.blob) for piece in export.pieces.select_related("blob")
    ).decode()


def exported(actor: User, format_: str = "jsonl", **filters: str) -> str:
    return written(services.start_export(actor=actor, format=format_, filters=filters))


def test_each_line_is_an_entry_with_its_place(alice: User, entries: list[AuditEntry]) -> None:
    told = [json.loads(line) for line in exported(alice, action="thing.made").splitlines()]
    assert [line["id"] for line in told] == [str(entry.pk) for entry in entries]
    assert [line["after"] for line in told] == [{"n": number} for number in range(5)]
    link = Link.objects.get(entry=entries[0].pk)
    assert (told[0]["number"], told[0]["hash"]) == (link.number, link.hash)
    finished = AuditEntry.objects.get(action="audit.exported")
    assert finished.after == {"format": "jsonl", "filters": {"action": "thing.made"}, "entries": 5}


def test_what_comes_later_is_not_in_it(alice: User, entries: list[AuditEntry]) -> None:
    export = services.start_export(actor=alice, format="jsonl", filters={"action": "thing.*"})
    record("thing.late", actor=alice)
    assert "thing.late" not in written(export)


def test_it_is_written_in_pieces_and_taken_up_after_a_death(
    alice: User, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "PIECE_BYTES", 200)  # above the heading alone
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    export = services.start_export(actor=alice, format="csv", filters={"action": "thing.made"})
    assert exporting._advance(export.pk)
    orphan = files.store(b"of a worker that died", kind=Blob.Kind.EXPORT)
    text = written(export)
    assert export.pieces.count() == 3
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["id"] for row in rows] == [str(entry.pk) for entry in entries]
    assert (export.done, export.size) == (5, len(text.encode()))
    assert Blob.objects.unreferenced().get() == orphan


def test_of_two_who_write_a_piece_one_keeps_it(
    alice: User, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    export = services.start_export(actor=alice, format="jsonl", filters={"action": "thing.made"})
    store = files.store

    def slow(data: bytes, **kind: Any) -> Blob:
        monkeypatch.setattr(files, "store", store)
        exporting._advance(export.pk)  # somebody else, in the meantime
        return store(data, **kind)

    monkeypatch.setattr(files, "store", slow)
    assert len(written(export).splitlines()) == 5
    assert (export.done, export.pieces.count()) == (5, 1)


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_is_a_formula(alice: User, sign: str) -> None:
    nasty = f"{sign}cmd|' /C calc'!A0"
    record("thing.made", actor=member("Nasty", "viewer"), target=None, after={"x": nasty})
    alice.name = nasty
    record("thing.named", actor=alice)
    [named] = list(csv.DictReader(io.StringIO(exported(alice, "csv", action="thing.named"))))
    assert named["actor"] == f"'{nasty}"
    row = formats.as_csv(dict.fromkeys(formats.COLUMNS, nasty))
    assert all(cell[0] == "'" for cell in next(csv.reader(io.StringIO(row))))


def test_nothing_to_write_is_a_file_too(alice: User) -> None:
    assert exported(alice, action="none.such") == ""
    assert exported(alice, "csv", action="none.such").strip() == ",".join(formats.COLUMNS)


def test_filters_that_make_no_sense_start_nothing(alice: User) -> None:
    with pytest.raises(Invalid):
        services.start_export(actor=alice, format="csv", filters={"ip": "here"})
    assert not Export.objects.exists()


def test_one_at_a_time_for_each_person(alice: User) -> None:
    export = services.start_export(actor=alice, format="csv", filters={})
    with pytest.raises(ExportRunning):
        services.start_export(actor=alice, format="csv", filters={})
    services.start_export(actor=member("Adam", "admin"), format="csv", filters={})
    with pytest.raises(ExportNotReady):
        services.open_export(export.pk, actor=alice)


def test_builders_take_none(bob: User) -> None:
    with pytest.raises(Forbidden):
        services.start_export(actor=bob, format="csv", filters={})


def test_it_goes_when_its_time_is_over(
    alice: User, entries: list[AuditEntry], folder: Folder
) -> None:
    export = services.start_export(actor=alice, format="jsonl", filters={})
    written(export)
    assert Chore.objects.filter(kind=exporting.EXPIRY, subject=export.pk).exists()
    exporting.expire()
    assert export.pieces.exists()
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ExportExpired):
        services.open_export(export.pk, actor=alice)
    exporting.expire()
    assert not Piece.objects.exists()
    assert not Blob.objects.filter(kind=Blob.Kind.EXPORT).exists()
    assert not [path for path in folder.root.rglob("*") if path.is_file()]


class TestOverHttp:
    def test_it_is_fetched_by_the_one_who_asked(
        self, alice: User, entries: list[AuditEntry]
    ) -> None:
        client = api_client(alice)
        asked = client.post(URL, {"format": "jsonl", "filters": {"action": "thing.*"}})
        assert (asked.status_code, asked.json()["total"]) == (202, 5)
        export = Export.objects.get()
        page = f"/audit/exports/{export.pk}/file/"
        assert client.get(page).status_code == 409
        text = written(export)
        told = client.get(f"{URL}{export.pk}/").json()
        assert (told["status"], told["pieces"], told["done"]) == ("done", 1, 5)
        assert client.get(f"{URL}{export.pk}/pieces/1/").content.decode() == text
        assert client.get(f"{URL}{export.pk}/pieces/2/").status_code == 404
        answer: Any = client.get(page)
        assert f"{export}" in answer["Content-Disposition"]
        assert _streamed(answer) == text
        assert AuditEntry.objects.filter(action="audit.downloaded").count() == 2

    def test_another_admin_gets_none_of_it(self, alice: User, entries: list[AuditEntry]) -> None:
        export = services.start_export(actor=alice, format="jsonl", filters={})
        written(export)
        other = api_client(member("Adam", "admin"))
        for path in (f"{URL}{export.pk}/", f"{URL}{export.pk}/pieces/1/"):
            assert other.get(path).status_code == 404, path
        assert other.get(f"/audit/exports/{export.pk}/file/").status_code == 404
        assert other.get(URL).json()["results"] == []

    def test_who_lost_the_right_gets_nothing(self, alice: User, entries: list[AuditEntry]) -> None:
        adam = member("Adam", "admin")
        export = services.start_export(actor=adam, format="jsonl", filters={})
        written(export)
        client = api_client(adam)
        change_role(adam, role="builder", actor=alice)
        assert client.get(f"{URL}{export.pk}/pieces/1/").status_code == 403
        assert client.get(f"/audit/exports/{export.pk}/file/").status_code == 403

    @pytest.mark.parametrize("body", [{"format": "xml"}, {"filters": {"actr": "x"}}])
    def test_what_makes_no_sense_is_refused(self, alice: User, body: dict[str, object]) -> None:
        assert api_client(alice).post(URL, body).status_code == 422

    def test_the_page_follows_it(self, alice: User, entries: list[AuditEntry]) -> None:
        client = api_client(alice)
        assert "will be listed here" in client.get("/audit/exports/").content.decode()
        started = client.post(
            "/audit/exports/new/", {"format": "csv", "action": "thing.*"}, format="multipart"
        )
        assert started.headers["Location"] == "/audit/exports/"
        assert "every 2s" in client.get("/audit/exports/").content.decode()
        export = Export.objects.get()
        assert export.filters == {"action": "thing.*"}
        written(export)
        page = client.get("/audit/exports/").content.decode()
        assert f"/audit/exports/{export.pk}/file/" in page
        assert "Clear filters" in client.get("/audit/exports/?format=jsonl").content.decode()

    def test_strangers_and_builders_are_refused(self, bob: User) -> None:
        assert APIClient(HTTP_HOST="alpha.localhost").get(URL).status_code == 401
        builder = api_client(bob)
        assert builder.get(URL).status_code == 403
        assert builder.post(URL, {}).status_code == 403
        assert builder.get("/audit/exports/").status_code == 403


def _streamed(answer: Any) -> str:
    async def gathered() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(gathered)().decode()

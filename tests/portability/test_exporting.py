"""Archives: everything of one moment, whole whatever happens on the way, and no secret in the clear."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.audit.models import AuditEntry
from apps.credentials import services as credentials
from apps.dispatch import workers
from apps.dispatch.models import Chore
from apps.files import services as files
from apps.files.models import Blob
from apps.files.storage import Folder
from apps.portability import exporting, packing, reading, sealing, services
from apps.portability.contents import KEPT
from apps.portability.exceptions import (
    WeakPassphrase,
)
from apps.portability.models import Export, Part, Piece, Snapshot
from apps.vault.exceptions import CannotUnseal
from apps.workflows import drafts
from apps.workflows import services as workflows
from apps.workflows.models import Image, Workflow
from tests.factories.storage import away
from tests.portability.archives import Archive, opened, written

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def workflow(alice: User) -> Workflow:
    return workflows.create_workflow(name="Canary flow", actor=alice)


@pytest.fixture
def image(workflow: Workflow, alice: User) -> Image:
    blob = files.store(b"bytes of a picture", kind=Blob.Kind.IMAGE)
    return Image.objects.create(
        workflow=workflow, blob=blob, media_type="image/png", added_by=alice
    )


def exported(actor: User, passphrase: str = "") -> Archive:
    return written(services.start_export(actor=actor, passphrase=passphrase))


def test_it_says_what_is_in_it(alice: User, workflow: Workflow, image: Image) -> None:
    archive = exported(alice)
    manifest = archive.manifest
    assert (manifest["format"], manifest["version"]) == ("auterity-workspace", 1)
    assert manifest["workspace"]["slug"] == "alpha"
    assert {each.name for each in KEPT} <= set(manifest["kinds"])
    assert archive.names[-1] == "manifest.json"
    assert sorted(each["path"] for each in manifest["files"]) == sorted(archive.names[:-1])
    for each in manifest["files"]:
        data = archive.read(each["path"])
        assert (len(data), hashlib.sha256(data).hexdigest()) == (each["size"], each["sha256"])
        if each["rows"] is not None:
            assert data.count(b"\n") == each["rows"]
    assert {each["model"] for each in manifest["left_out"]} >= {
        "mfa.Authenticator",
        "sessions.Session",
    }


def test_rows_and_files_are_as_they_are(alice: User, workflow: Workflow, image: Image) -> None:
    archive = exported(alice)
    [told] = archive.rows("workflows")
    assert (told["id"], told["name"]) == (str(workflow.pk), "Canary flow")
    assert told["created_by"] == str(alice.pk)
    [draft] = archive.rows("workflow_drafts")
    assert draft["workflow"] == str(workflow.pk)
    assert draft["definition"] == drafts.load(workflow).data
    assert len(archive.rows("workflow_updates")) == workflow.updates.count()
    assert archive.read(f"files/{image.blob_id}") == b"bytes of a picture"
    assert [row["id"] for row in archive.rows("files")] == [str(image.blob_id)]


def test_what_comes_later_is_not_in_it(
    alice: User, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows that are written while it reads belong to a later moment, wherever the reading is."""
    rows_of, changed = reading._rows_of, list[str]()

    def slow(kind: Any) -> Any:
        if kind.name == "people":
            with ThreadPoolExecutor(1) as pool:
                pool.submit(copy_context().run, elsewhere).result()
        return rows_of(kind)

    def elsewhere() -> None:
        try:
            changed.append(str(workflows.create_workflow(name="Late", actor=alice).pk))
            Workflow.objects.filter(pk=workflow.pk).update(name="Renamed")
        finally:
            connection.close()

    monkeypatch.setattr(reading, "_rows_of", slow)
    archive = exported(alice)
    assert changed
    assert [row["name"] for row in archive.rows("workflows")] == ["Canary flow"]
    assert Workflow.objects.filter(name="Late").exists()


def test_it_is_packed_in_pieces_and_taken_up_after_a_death(
    alice: User, workflow: Workflow, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packing, "PIECE_BYTES", 500)
    export = services.start_export(actor=alice)
    for _ in range(4):  # reads, begins to pack, packs two pieces
        assert exporting._advance(export.pk)
    moment = Snapshot.objects.get(export=export).moment
    Workflow.objects.update(name="Changed while it is packed")
    orphan = files.store(b"of a worker that died", kind=Blob.Kind.EXPORT)
    archive = written(export)
    assert Piece.objects.filter(export=export).count() > 3
    assert Snapshot.objects.get(export=export).moment == moment
    assert [row["name"] for row in archive.rows("workflows")] == ["Canary flow"]
    assert Blob.objects.unreferenced().get() == orphan
    assert not Part.objects.exists()


def test_what_dies_while_it_reads_leaves_nothing_and_begins_anew(
    alice: User, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = services.start_export(actor=alice)
    drafts = reading._drafts

    def dying() -> Any:
        raise ConnectionError("the worker is gone")

    monkeypatch.setattr(reading, "_drafts", dying)
    with pytest.raises(ConnectionError):
        exporting.carry(export.pk)
    assert not Part.objects.exists()
    monkeypatch.setattr(reading, "_drafts", drafts)
    assert len(written(export).rows("workflows")) == 1


def test_of_two_who_read_one_goes_on(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    export = services.start_export(actor=alice)
    found = list[Any]()
    rows_of = reading._rows_of

    def second() -> None:
        try:
            found.append(exporting._advance(export.pk))
        finally:
            connection.close()

    def slow(kind: Any) -> Any:
        if kind.name == "people":
            with ThreadPoolExecutor(1) as pool:
                pool.submit(copy_context().run, second).result()
        return rows_of(kind)

    monkeypatch.setattr(reading, "_rows_of", slow)
    archive = written(export)
    assert found == [False]
    assert len(archive.rows("people")) == 1


def test_of_two_who_write_a_piece_one_keeps_it(
    alice: User, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = services.start_export(actor=alice)
    assert exporting._advance(export.pk)
    store = files.store

    def slow(data: bytes, **kind: Any) -> Blob:
        monkeypatch.setattr(files, "store", store)
        exporting._advance(export.pk)  # somebody else, in the meantime
        return store(data, **kind)

    monkeypatch.setattr(files, "store", slow)
    archive = written(export)
    assert archive.zip.testzip() is None
    assert len(set(archive.names)) == len(archive.names)


def test_it_waits_for_the_storage_and_goes_on(
    alice: User, workflow: Workflow, folder: Folder
) -> None:
    export = services.start_export(actor=alice)
    with away(folder):
        exporting.carry(export.pk)
        export.refresh_from_db()
        assert (export.status, export.trouble) == ("packing", exporting.AWAY)
        assert Chore.objects.filter(kind=exporting.CHORE).exists()
    assert written(export).zip.testzip() is None


def test_a_worker_that_is_drained_lets_go(alice: User) -> None:
    export = services.start_export(actor=alice)
    workers.draining.set()
    try:
        exporting.carry(export.pk)
    finally:
        workers.draining.clear()
    export.refresh_from_db()
    assert export.status == "queued"


def test_bytes_that_are_gone_are_named(
    alice: User, workflow: Workflow, image: Image, folder: Folder
) -> None:
    (folder.root / image.blob.name).unlink()
    manifest = exported(alice).manifest
    assert [each["path"] for each in manifest["missing"]] == [f"files/{image.blob_id}"]
    assert "not where it was put" in manifest["missing"][0]["why"]


def test_files_stay_until_they_are_packed(alice: User, workflow: Workflow, image: Image) -> None:
    export = services.start_export(actor=alice)
    exporting._advance(export.pk)
    image.delete()
    assert files.discard([image.blob_id]) == 0
    archive = written(export)
    assert archive.read(f"files/{image.blob_id}") == b"bytes of a picture"
    assert files.discard([image.blob_id]) == 1


def test_many_rows_are_several_files(
    alice: User, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "CHUNK_BYTES", 300)
    for number in range(5):
        workflows.create_workflow(name=f"Flow {number}", actor=alice)
    archive = exported(alice)
    assert len([name for name in archive.names if name.startswith("rows/workflows/")]) > 2
    assert len(archive.rows("workflows")) == 6


def test_too_many_files_end_it_with_a_reason(
    alice: User, image: Image, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_FILES", 5)
    export = services.start_export(actor=alice)
    exporting.carry(export.pk)
    export.refresh_from_db()
    assert export.status == "failed"
    assert "more than 5" in export.trouble
    assert not Part.objects.exists()
    assert AuditEntry.objects.filter(action="archive.failed").exists()
    assert not Chore.objects.filter(kind=exporting.CHORE).exists()


class TestSecrets:
    def test_without_a_passphrase_there_are_none(self, alice: User) -> None:
        archive = exported(alice)
        assert archive.manifest["secrets"] is None
        assert not [name for name in archive.names if "secrets" in name]

    def test_keys_and_passwords_are_in_no_byte_of_it(self, alice: User) -> None:
        key, text = create_api_key(
            user=alice, name="Program", role="viewer", actor=alice, expires_at=None
        )
        archive = exported(alice, PASSPHRASE)
        everything = archive.everything
        for secret in (text, key.secret_hash, alice.password, PASSPHRASE):
            assert secret.encode() not in everything
        assert [row["name"] for row in archive.rows("api_keys")] == ["Program"]
        assert "secret_hash" not in archive.rows("api_keys")[0]

    def test_they_open_with_the_passphrase_alone(self, alice: User) -> None:
        credential = credentials.create_credential(
            actor=alice, name="CRM", kind="bearer", values={"token": "canary-of-a-token"},
            hosts=["api.example.com"],
        )  # fmt: skip
        archive = exported(alice, PASSPHRASE)
        assert b"canary-of-a-token" not in archive.everything
        terms = archive.manifest["secrets"]
        key = archive.key_of(PASSPHRASE)
        assert sealing.is_key(archive.id, key, terms["check"])
        [sealed] = [row for row in archive.rows("secrets") if row["kind"] == "credentials"]
        place = sealing.place_of(archive.id, "credentials", credential.pk)
        assert "canary-of-a-token" in sealing.unseal(sealed["sealed"], key=key, place=place)
        with pytest.raises(CannotUnseal):
            sealing.is_key(archive.id, archive.key_of("another passphrase"), terms["check"])
        with pytest.raises(CannotUnseal):
            elsewhere = sealing.place_of(archive.id, "credentials", uuid4())
            sealing.unseal(sealed["sealed"], key=key, place=elsewhere)

    def test_the_key_is_forgotten_once_rows_are_read(self, alice: User) -> None:
        export = services.start_export(actor=alice, passphrase=PASSPHRASE)
        assert export.sealed.startswith("v1.")
        exporting._advance(export.pk)
        exporting._advance(export.pk)
        export.refresh_from_db()
        assert (export.status, export.sealed) == ("packing", "")

    def test_a_short_passphrase_is_refused(self, alice: User) -> None:
        with pytest.raises(WeakPassphrase):
            services.start_export(actor=alice, passphrase="11 letters.")
        assert not Export.objects.exists()


def test_lines_are_json_that_any_program_reads(alice: User) -> None:
    archive = exported(alice)
    for name in archive.names:
        if name.endswith(".jsonl"):
            for line in archive.read(name).splitlines():
                assert isinstance(json.loads(line), dict)


def test_opened_reads_what_was_written(alice: User) -> None:
    export = services.start_export(actor=alice)
    written(export)
    assert opened(export).id == export.pk

"""Archives that are sent: piece by piece, started, carried through deaths, cancelled, forgotten."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts import services as accounts
from apps.accounts.exceptions import AlreadyMember
from apps.accounts.models import Invitation, User
from apps.accounts.services import add_member
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, NotFound
from apps.credentials.models import StoredCredential
from apps.credentials.services import create_credential, values_of
from apps.dispatch import workers
from apps.dispatch.models import Chore
from apps.files import services as files
from apps.files.models import Blob
from apps.files.storage import Folder
from apps.notifications.models import Notification
from apps.portability import importing, receiving, services, writing
from apps.portability.exceptions import (
    ArchiveTooLarge,
    ImportOver,
    ImportRunning,
    ImportStarted,
    NothingSent,
    PieceOutOfOrder,
    PieceTooLarge,
)
from apps.portability.models import Import, ImportPiece, StoredFile
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows import images
from apps.workflows import services as workflows
from apps.workflows.models import Workflow
from apps.workflows.sample_workflows import FIRST, add_sample
from tests.factories.cast import member
from tests.factories.pictures import png
from tests.factories.storage import away
from tests.portability.archives import Archive, written
from tests.portability.test_round_trip import PASSPHRASE, take_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


@pytest.fixture
def archive(alice: User, bob: User) -> Archive:
    workflow = workflows.create_workflow(name="Greeting", actor=alice)
    images.add_image(workflow, png(), actor=alice)
    create_credential(
        actor=alice, name="CRM", kind="bearer", values={"token": "canary-of-a-token"},
        hosts=["api.example.com"],
    )  # fmt: skip
    return written(services.start_export(actor=alice, passphrase=PASSPHRASE))


@pytest.fixture
def nora(beta: Tenant) -> Iterator[User]:
    """The owner of a new workspace, in which the test goes on."""
    with tenant_context(beta):
        yield add_member(email="nora@new.example", name="Nora", role="owner", password="x" * 14)


def sent(archive: Archive, actor: User) -> Import:
    job = receiving.begin_import(actor=actor, file_name="alpha.zip")
    half = len(archive.data) // 2
    for number, piece in enumerate((archive.data[:half], archive.data[half:]), start=1):
        receiving.add_piece(job.pk, number, piece, actor=actor)
    return job


def carried(job: Import) -> Import:
    importing.carry(job.pk)
    job.refresh_from_db()
    return job


class TestSending:
    def test_pieces_come_in_order_and_once(self, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        with pytest.raises(PieceOutOfOrder):
            receiving.add_piece(job.pk, 2, b"two", actor=nora)
        receiving.add_piece(job.pk, 1, b"one", actor=nora)
        again = receiving.add_piece(job.pk, 1, b"one", actor=nora)
        assert (again.size, again.pieces.count()) == (3, 1)
        receiving.add_piece(job.pk, 2, b"two", actor=nora)
        with pytest.raises(PieceOutOfOrder):
            receiving.add_piece(job.pk, 1, b"one", actor=nora)

    def test_pieces_and_archives_have_a_size(
        self, nora: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        for data in (b"", b"x" * (receiving.MOST_PIECE + 1)):
            with pytest.raises(PieceTooLarge):
                receiving.add_piece(job.pk, 1, data, actor=nora)
        monkeypatch.setattr(receiving, "MOST_BYTES", 5)
        with pytest.raises(ArchiveTooLarge):
            receiving.add_piece(job.pk, 1, b"123456", actor=nora)

    def test_nothing_is_started_twice_or_without_bytes(self, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        with pytest.raises(NothingSent):
            receiving.start_import(job.pk, actor=nora)
        receiving.add_piece(job.pk, 1, b"x", actor=nora)
        receiving.start_import(job.pk, actor=nora)
        with pytest.raises(ImportStarted):
            receiving.start_import(job.pk, actor=nora)
        with pytest.raises(ImportStarted):
            receiving.add_piece(job.pk, 2, b"x", actor=nora)
        other = receiving.begin_import(actor=nora, file_name="y.zip")
        receiving.add_piece(other.pk, 1, b"x", actor=nora)
        with pytest.raises(ImportRunning):
            receiving.start_import(other.pk, actor=nora)

    def test_admins_send_nothing(self, nora: User) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        admin = member("Adam", "admin")
        with pytest.raises(Forbidden):
            receiving.begin_import(actor=admin, file_name="x.zip")
        for act in (receiving.start_import, receiving.cancel_import):
            with pytest.raises(NotFound):
                act(job.pk, actor=admin)
        with pytest.raises(NotFound):
            receiving.add_piece(job.pk, 1, b"x", actor=admin)

    def test_what_nobody_starts_is_forgotten(self, nora: User, folder: Folder) -> None:
        job = receiving.begin_import(actor=nora, file_name="x.zip")
        receiving.add_piece(job.pk, 1, b"x", actor=nora)
        assert Chore.objects.filter(kind=importing.FORGET, subject=job.pk).exists()
        importing.forget(job.pk)
        assert not Import.objects.exists()
        assert not Chore.objects.filter(kind=importing.FORGET).exists()
        assert not [path for path in folder.root.rglob("*") if path.is_file()]


class TestCarrying:
    def test_it_comes_in_and_owners_are_told(self, archive: Archive, nora: User) -> None:
        job = receiving.start_import(sent(archive, nora).pk, actor=nora)
        assert carried(job).status == "done", job.trouble
        assert (job.source, job.archive, job.sealed) == ("Alpha", archive.id, "")
        assert job.percent == 100
        assert Workflow.objects.get().name == "Greeting"
        assert Notification.objects.filter(about=job.pk, user=nora).exists()
        assert not ImportPiece.objects.exists()
        assert not Blob.objects.filter(kind=Blob.Kind.EXPORT).exists()
        [image] = Workflow.objects.get().images.all()
        assert files.load(image.blob) == png()
        importing.carry(job.pk)  # delivered once more
        assert Workflow.objects.count() == 1

    def test_a_workspace_that_is_not_new_takes_none(self, archive: Archive, nora: User) -> None:
        workflows.create_workflow(name="Mine", actor=nora)
        job = take_in(archive.data, nora)
        assert job.status == "failed"
        assert "it has workflows" in job.trouble
        assert [each.name for each in Workflow.objects.all()] == ["Mine"]

    def test_a_sample_gives_way_unless_somebody_worked_on_it(
        self, archive: Archive, nora: User
    ) -> None:
        sample = add_sample(FIRST, owner=nora)
        edited = Workflow.objects.filter(pk=sample.pk)
        sha256 = edited.get().draft_sha256
        edited.update(draft_sha256="0" * 64)
        assert "is not new" in take_in(archive.data, nora).trouble
        edited.update(draft_sha256=sha256)
        job = take_in(archive.data, nora)
        assert job.status == "done", job.trouble
        assert [each.name for each in Workflow.objects.all()] == ["Greeting"]
        changed = {each["what"] for each in (job.report or {})["changed"]}
        assert "The samples that this workspace began with gave way." in changed

    def test_none_comes_in_a_second_time(self, archive: Archive, nora: User) -> None:
        assert take_in(archive.data, nora).status == "done"
        assert "is not new" in take_in(archive.data, nora).trouble

    def test_whoever_dies_while_rows_are_written_leaves_none(
        self, archive: Archive, nora: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = receiving.start_import(sent(archive, nora).pk, actor=nora)
        write, stored = writing.write, list[Any]()

        def dying(*args: Any) -> None:
            write(*args)
            raise ConnectionError("the worker is gone")

        monkeypatch.setattr(writing, "write", dying)
        with pytest.raises(ConnectionError):
            importing.carry(job.pk)
        assert not Workflow.objects.exists()
        stored += StoredFile.objects.values_list("blob", flat=True)
        assert len(stored) == 1
        monkeypatch.setattr(writing, "write", write)
        assert carried(job).status == "done"
        [image] = Workflow.objects.get().images.all()
        assert [image.blob_id] == stored  # it was stored once

    def test_it_waits_for_the_storage(self, archive: Archive, nora: User, folder: Folder) -> None:
        job = receiving.start_import(sent(archive, nora).pk, actor=nora)
        with away(folder):
            assert carried(job).trouble == importing.AWAY
            assert job.is_going_on
        assert carried(job).status == "done"

    def test_a_worker_that_is_drained_lets_go(self, archive: Archive, nora: User) -> None:
        job = receiving.start_import(sent(archive, nora).pk, actor=nora)
        workers.draining.set()
        try:
            assert carried(job).is_going_on
        finally:
            workers.draining.clear()
        assert carried(job).status == "done"

    def test_cancelled_nothing_of_it_stays(
        self, archive: Archive, nora: User, folder: Folder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job = receiving.start_import(sent(archive, nora).pk, actor=nora, passphrase=PASSPHRASE)
        store_files = importing._store_files

        def cancelled(arrival: Any) -> None:
            store_files(arrival)
            receiving.cancel_import(job.pk, actor=nora)

        monkeypatch.setattr(importing, "_store_files", cancelled)
        assert carried(job).status == "cancelled"
        assert job.sealed == ""
        assert not Workflow.objects.exists()
        assert not [path for path in folder.root.rglob("t_beta/*/*") if path.is_file()]
        with pytest.raises(ImportOver):
            receiving.cancel_import(job.pk, actor=nora)

    def test_who_may_not_any_more_is_not_acted_for(self, archive: Archive, nora: User) -> None:
        job = receiving.start_import(sent(archive, nora).pk, actor=nora)
        member("Olga", "owner")
        accounts.change_role(nora, role="admin", actor=User.objects.get(name="Olga"))
        assert "may not do so any more" in carried(job).trouble


class TestSecrets:
    def test_with_the_passphrase_they_come(self, archive: Archive, nora: User) -> None:
        assert take_in(archive.data, nora, PASSPHRASE).status == "done"
        credential = StoredCredential.objects.get()
        assert not credential.is_active
        assert "canary-of-a-token" in str(vars(values_of(credential)))

    def test_without_it_they_do_not(self, archive: Archive, nora: User) -> None:
        job = take_in(archive.data, nora)
        assert job.status == "done"
        changed = {each["what"] for each in (job.report or {})["changed"]}
        assert "Has no value: rotate it to give it one. Disabled." in changed
        assert not StoredCredential.objects.get().last4

    def test_a_wrong_one_takes_nothing_in(self, archive: Archive, nora: User) -> None:
        job = take_in(archive.data, nora, "another passphrase")
        assert (job.status, job.trouble) == ("failed", importing.WRONG_KEY)
        assert not Workflow.objects.exists()


class TestInvited:
    def test_who_came_is_let_in_by_their_invitation_alone(
        self, archive: Archive, nora: User
    ) -> None:
        take_in(archive.data, nora)
        invitation = Invitation.objects.get(email="bob@builder.example")
        bob = invitation.for_user
        assert bob is not None
        assert not bob.is_active
        with pytest.raises(AlreadyMember):
            accounts.invite_member(
                email=bob.email, role="owner", actor=nora, link="https://x/{token}"
            )
        token = _sent_again(invitation, nora)
        joined = accounts.accept_invitation(token, name="Robert", password="correct horse 12")
        assert (joined.pk, joined.name, joined.is_active) == (bob.pk, "Robert", True)
        assert [each.role.name for each in joined.bindings] == ["builder"]
        entry = AuditEntry.objects.get(action="member.added", target_id=str(bob.pk))
        assert entry.after == {"role": "builder"}

    def test_who_was_removed_meanwhile_is_not(self, archive: Archive, nora: User) -> None:
        take_in(archive.data, nora)
        invitation = Invitation.objects.get(email="bob@builder.example")
        token = _sent_again(invitation, nora)
        assert invitation.for_user is not None
        accounts.remove_member(invitation.for_user, actor=nora)
        with pytest.raises(AlreadyMember):
            accounts.accept_invitation(token, name="Robert", password="correct horse 12")


def _sent_again(invitation: Invitation, actor: User) -> str:
    """Send an invitation, and return the token in its link."""
    links = list[str]()

    class Link(str):
        __slots__ = ()

        def format(self, *args: Any, **named: Any) -> str:
            links.append(named["token"])
            return super().format(*args, **named)

    accounts.resend_invitation(invitation, actor=actor, link=Link("https://x/{token}"))
    return links[0]


class TestCommand:
    def test_it_takes_an_archive_in(
        self, archive: Archive, nora: User, beta: Tenant, tmp_path: Path
    ) -> None:
        (tmp_path / "alpha.zip").write_bytes(archive.data)
        (tmp_path / "words").write_text(f"{PASSPHRASE}\n")
        said = io.StringIO()
        call_command(
            "import_workspace", "beta", str(tmp_path / "alpha.zip"),
            passphrase_file=tmp_path / "words", stdout=said, stderr=io.StringIO(),
        )  # fmt: skip
        assert "1  workflows" in said.getvalue()
        assert Workflow.objects.get().name == "Greeting"

    @pytest.mark.parametrize(
        ("slug", "owner", "why"),
        [
            ("nowhere", None, "no workspace"),
            ("beta", "who@x.example", "which owner"),
            ("beta", None, "no ZIP"),
        ],
    )
    def test_it_says_why_not(
        self, nora: User, tmp_path: Path, slug: str, owner: str | None, why: str
    ) -> None:
        (tmp_path / "x.zip").write_bytes(b"no archive at all, but long enough to be one")
        with pytest.raises(CommandError, match=why):
            call_command("import_workspace", slug, str(tmp_path / "x.zip"), owner=owner)

"""Packs: complete whatever happens on the way, and signed; what is changed in one is found."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import chain
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.campaigns import carrying
from apps.campaigns import services as campaigns
from apps.common.errors import Forbidden
from apps.dispatch.models import Chore
from apps.evidence import mapping, services, writing
from apps.evidence.checking import Findings, check
from apps.evidence.exceptions import BadPeriod, PackKept, PackNotReady, PackOver, PackRunning
from apps.evidence.management.commands.verify_evidence import fits_workspace
from apps.evidence.models import Pack, Part
from apps.evidence.sections import SECTIONS, trail
from apps.evidence.sections.closing import MANIFEST, SIGNATURE
from apps.files import services as files
from apps.files.exceptions import StorageAway
from apps.files.models import Blob
from apps.notifications.models import Notification
from apps.retention import classes
from apps.retention.services import place_hold, release_hold
from apps.tenants.context import current_schema, maintenance
from apps.vault import services as vault
from tests.campaigns.conftest import decided, started
from tests.evidence.conftest import asked, fetched, written
from tests.factories.cast import member

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]


def checked(pack: Pack) -> Findings:
    return check(fetched(pack), fits_workspace)


def changed(pack: Pack, name: str, data: bytes | None, **more: bytes) -> io.BytesIO:
    """Return a pack with one file of it changed or left out, and others put in."""
    out = io.BytesIO()
    with zipfile.ZipFile(fetched(pack)) as before, zipfile.ZipFile(out, "w") as after:
        for info in before.infolist():
            if info.filename != name:
                after.writestr(info.filename, before.read(info))
            elif data is not None:
                after.writestr(info.filename, data)
        for extra, text in more.items():
            after.writestr(extra, text)
    return out


def test_it_holds_everything_and_checks_out(alice: User, entries: list[AuditEntry]) -> None:
    pack = written(alice)
    found = checked(pack)
    assert found.wrong == []
    with zipfile.ZipFile(fetched(pack)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        index = json.loads(archive.read("index.json"))
        chained = json.loads(archive.read("audit/chain.json"))
        lines = archive.read("audit/entries-00001.jsonl").decode().splitlines()
    assert names[-1] == SIGNATURE
    assert {each["file"] for each in index["files"]} | {"index.json", "README.md", MANIFEST, SIGNATURE} == set(names)  # fmt: skip
    assert "audit/entries-00001.jsonl" in index["shown_by"]["HIPAA 164.312(b)"]
    assert found.entries == pack.done == len(lines) == chained["entries"]["count"]
    assert chained["holds"] is True
    assert chained["head"]["fits"] is True
    assert "thing.made" in {json.loads(line)["entry"]["action"] for line in lines}


def test_every_file_shows_something(
    alice: User, entries: list[AuditEntry], adam: User, bob: User
) -> None:
    campaign = decided(started(alice, reviewers="person", reviewer=adam, sorts=["role"]))
    campaigns.sign(campaign, actor=alice)
    carrying.carry(campaign.pk)
    pack = written(alice)
    names = list(pack.parts.exclude(name="").values_list("name", flat=True))
    assert len({mapping.of(name) for name in names} - {None}) == len(mapping.MAPPING)
    with zipfile.ZipFile(fetched(pack)) as archive:
        about = json.loads(archive.read(f"reviews/{campaign.pk}/review.json"))
        rights = archive.read(f"reviews/{campaign.pk}/rights-00001.jsonl").decode().splitlines()
        people = archive.read("access/people-00001.jsonl").decode()
        keys = archive.read("keys/data-keys.json").decode()
    assert about["signed_by"] == "Alice"
    assert len(rights) == campaign.total
    assert '"name":"Bob"' in people
    assert "wrapped" not in keys.replace("wrapped by", "")


def test_the_period_bounds_what_is_told(alice: User, entries: list[AuditEntry]) -> None:
    long_ago = timezone.now() - timedelta(days=60)
    with maintenance(current_schema()):  # rewritten, as a test alone may
        AuditEntry.objects.update(at=long_ago)
    pack = written(alice)
    assert pack.done <= 1  # what asking for it wrote
    found = checked(pack)
    assert found.wrong == []


def test_it_is_taken_up_after_a_death(
    alice: User, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trail, "PART_BYTES", 1)
    monkeypatch.setattr(trail, "AT_ONCE", 4)
    pack = asked(alice)
    for _ in range(3):
        assert writing._advance(pack.pk)
    files.store(b"of a worker that died", kind=Blob.Kind.EXPORT)
    writing.carry(pack.pk)
    pack.refresh_from_db()
    assert pack.parts.filter(name__startswith="audit/entries-").count() >= 3
    assert checked(pack).wrong == []
    assert Blob.objects.unreferenced().count() == 1


def test_of_two_who_write_a_file_one_keeps_it(
    alice: User, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    pack, store = asked(alice), files.store

    def slow(data: bytes, **kind: Any) -> Blob:
        monkeypatch.setattr(files, "store", store)
        writing._advance(pack.pk)  # somebody else, in the meantime
        writing._advance(pack.pk)
        return store(data, **kind)

    monkeypatch.setattr(files, "store", slow)
    writing.carry(pack.pk)
    assert checked(Pack.objects.get()).wrong == []


def test_it_waits_for_the_storage(
    alice: User, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **kwargs: Any) -> Blob:
        raise StorageAway

    pack = asked(alice)
    with monkeypatch.context() as patch:
        patch.setattr(files, "store", away)
        writing.carry(pack.pk)
    pack.refresh_from_db()
    assert pack.trouble == writing.AWAY
    writing.carry(pack.pk)
    pack.refresh_from_db()
    assert (pack.status, pack.trouble) == ("done", "")
    told = Notification.objects.get(user=alice, kind="evidence.written")
    assert told.path == "/evidence/"
    entry = AuditEntry.objects.get(action="evidence.written")
    assert entry.after is not None
    assert entry.after["manifest"] == pack.manifest


def test_a_broken_trail_is_told(alice: User, entries: list[AuditEntry]) -> None:
    with maintenance(current_schema()):
        AuditEntry.objects.filter(pk=entries[3].pk).update(action="thing.hidden")
    pack = written(alice)
    assert "was changed" in pack.wrong
    assert AuditEntry.objects.get(action="evidence.written").result == "failed"
    found = checked(pack)
    assert found.manifest["trail_holds"] is False
    assert any("was changed" in wrong for wrong in found.wrong)


@pytest.mark.parametrize("name", ["README.md", "audit/entries-00001.jsonl", MANIFEST, SIGNATURE])
def test_what_is_changed_or_missing_is_found(
    alice: User, entries: list[AuditEntry], name: str
) -> None:
    pack = written(alice)
    with zipfile.ZipFile(fetched(pack)) as archive:
        data = archive.read(name)
    assert check(changed(pack, name, data), fits_workspace).wrong == []
    assert check(changed(pack, name, data.replace(b"e", b"f", 1)), fits_workspace).wrong
    assert check(changed(pack, name, None), fits_workspace).wrong
    assert check(changed(pack, name, data, stray=b"x"), fits_workspace).wrong == ["stray is not in the manifest."]  # fmt: skip


def test_what_is_no_pack_is_told_so(alice: User, entries: list[AuditEntry]) -> None:
    for data in (b"", b"nonsense", fetched(written(alice)).getvalue()[:2000]):
        assert "cannot be read" in check(io.BytesIO(data)).wrong[0]


def test_a_signature_by_another_workspace_is_found(
    alice: User, entries: list[AuditEntry], mallory: User
) -> None:
    pack = written(alice)
    data = fetched(pack)
    with zipfile.ZipFile(data) as archive:
        manifest = json.loads(archive.read(MANIFEST))
    assert manifest["workspace"] == "alpha"

    def claims_beta(told: dict[str, Any], message: bytes, signature: str) -> bool:
        return fits_workspace({**told, "workspace": "beta"}, message, signature)

    assert check(data, claims_beta).wrong == ["The signature is not by a key of the workspace."]
    assert check(data).wrong == []  # by the key in it, which somebody compares


def test_it_still_checks_out_when_the_key_is_gone(alice: User, entries: list[AuditEntry]) -> None:
    pack = written(alice)
    vault.rotate_data_key()
    assert checked(pack).wrong == []


def test_the_command_checks_a_file(
    alice: User, entries: list[AuditEntry], tmp_path: Any, capsys: Any
) -> None:
    pack = written(alice)
    good, bad = tmp_path / "good.zip", tmp_path / "bad.zip"
    good.write_bytes(fetched(pack).getvalue())
    bad.write_bytes(changed(pack, "README.md", b"other").getvalue())
    call_command("verify_evidence", str(good))
    assert "as they were written" in capsys.readouterr().out
    call_command("verify_evidence", str(good), foreign=True)
    assert "Compare the key by hand" in capsys.readouterr().out
    with pytest.raises(CommandError):
        call_command("verify_evidence", str(bad))


class TestWhoMay:
    def test_one_at_a_time(self, alice: User) -> None:
        pack = asked(alice)
        with pytest.raises(PackRunning):
            asked(alice)
        with pytest.raises(PackNotReady):
            services.open_pack(pack.pk, actor=alice)
        with pytest.raises(PackRunning):
            services.delete(pack, actor=alice)

    def test_builders_may_nothing(self, alice: User, bob: User) -> None:
        pack = asked(alice)
        for act in (
            lambda: asked(bob),
            lambda: services.cancel(pack, actor=bob),
            lambda: services.delete(pack, actor=bob),
        ):
            with pytest.raises(Forbidden):
                act()

    def test_periods_make_sense(self, alice: User) -> None:
        now = timezone.now()
        for since in (now + timedelta(days=1), now - timedelta(days=2000)):
            with pytest.raises(BadPeriod):
                asked(alice, since=since)
        assert not Pack.objects.exists()

    def test_it_is_given_up(self, alice: User, entries: list[AuditEntry]) -> None:
        pack = asked(alice)
        writing._advance(pack.pk)
        services.cancel(pack, actor=alice)
        writing.carry(pack.pk)
        assert not Part.objects.exists()
        assert not Blob.objects.filter(kind=Blob.Kind.EXPORT).exists()
        assert not Chore.objects.filter(kind=writing.CHORE).exists()
        with pytest.raises(PackOver):
            services.cancel(pack, actor=alice)

    def test_what_is_given_up_while_a_file_is_stored_stays_so(
        self, alice: User, entries: list[AuditEntry], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pack, store = asked(alice), files.store

        def slow(data: bytes, **kind: Any) -> Blob:
            monkeypatch.setattr(files, "store", store)
            services.cancel(Pack.objects.get(), actor=alice)
            return store(data, **kind)

        monkeypatch.setattr(files, "store", slow)
        writing.carry(pack.pk)
        pack.refresh_from_db()
        assert (pack.status, pack.parts.count()) == ("cancelled", 0)

    def test_it_goes_by_its_rule_and_by_hand_unless_held(
        self, alice: User, entries: list[AuditEntry]
    ) -> None:
        pack, rule = written(alice), classes.find("packs")
        hold = place_hold(actor=alice, reason="Case")
        later = timezone.now() + timedelta(minutes=1)
        assert rule.over(later) == []
        with pytest.raises(PackKept):
            services.delete(pack, actor=alice)
        release_hold(hold, actor=alice)
        assert rule.over(later) == [pack.pk]
        rule.delete(rule.over(later))
        assert not Pack.objects.exists()
        assert not Blob.objects.filter(kind=Blob.Kind.EXPORT).exists()
        again = written(alice)
        services.delete(again, actor=member("Adam", "admin"))
        assert AuditEntry.objects.get(action="evidence.deleted").before == {"manifest": again.manifest}  # fmt: skip


def test_there_are_as_many_sections_as_are_told_of() -> None:
    assert len(SECTIONS) == 16


def test_entries_behind_the_last_link_are_counted(alice: User, entries: list[AuditEntry]) -> None:
    record("thing.late", actor=alice)
    with zipfile.ZipFile(fetched(written(alice))) as archive:
        told = json.loads(archive.read("audit/chain.json"))
    assert told["entries"]["not_linked_yet"] >= 1
    assert chain.unlinked().exists()

"""Another data key: all that is sealed is given to it, nothing fails to be read, and the old one goes."""

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from threading import Event

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.utils import timezone

from apps.accounts.adapter import SecondFactorAdapter
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.credentials.data_keys import carrying
from apps.credentials.data_keys.services import rotate, standing
from apps.credentials.models import StoredCredential
from apps.credentials.services import rotate_credential, values_of
from apps.dispatch.models import Chore
from apps.files.models import Blob, Discarded
from apps.files.services import load, store, sweep
from apps.files.storage import Folder
from apps.tenants.models import Tenant
from apps.vault import resealing, retiring
from apps.vault.models import DataKey, VerifyingKey
from apps.vault.services import current_key_id, rotate_data_key, unseal
from apps.vault.signing import Signatures
from tests.credentials.keeping import SECRET, keep
from tests.factories.browsers import browser
from tests.factories.cast import api_client


def names(count: int) -> list[str]:
    return [f"Stock {number}" for number in range(count)]


def sealed_with(key: DataKey) -> int:
    return StoredCredential.objects.filter(sealed__startswith=f"v1.{key.pk}.").count()


def grow_old() -> None:
    """Let the grace of all retired keys be over."""
    DataKey.objects.exclude(retired_at=None).update(retired_at=timezone.now() - timedelta(days=2))


def test_all_is_given_to_the_new_key_and_the_old_one_goes_after_its_grace(alice: User) -> None:
    made = [keep(alice, name=name) for name in names(3)]
    old = DataKey.objects.get()
    new = rotate(actor=alice)
    assert standing().left["credentials_storedcredential.sealed"] == 3
    carrying.carry(new.pk)
    assert (sealed_with(new), standing().count, standing().retired) == (3, 0, [old])
    assert Chore.objects.filter(subject=new.pk).exists()  # comes again when the grace is over
    grow_old()
    carrying.carry(new.pk)
    assert list(DataKey.objects.all()) == [new]
    assert not Chore.objects.filter(subject=new.pk).exists()
    for each in made:
        each.refresh_from_db()
        assert values_of(each).headers() == {"Authorization": f"Bearer {SECRET}"}
    told = AuditEntry.objects.filter(action__startswith="data_key.").order_by("at")
    assert [(each.action, each.actor_label) for each in told] == [
        ("data_key.rotated", "Alice"), ("data_key.removed", "system"),
    ]  # fmt: skip


def test_a_carrier_that_died_is_followed_by_one_that_goes_on(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resealing, "BATCH", 2)
    for name in names(5):
        keep(alice, name=name)
    new = rotate(actor=alice)
    begun = resealing.reseal(new.pk)
    next(count for count in begun if sealed_with(new))
    assert sealed_with(new) == 2
    carrying.carry(new.pk)
    assert sealed_with(new) == 5


def test_of_two_rotations_only_the_last_is_carried(alice: User) -> None:
    keep(alice)
    first, second = rotate(actor=alice), rotate(actor=alice)
    carrying.carry(first.pk)
    assert sealed_with(second) == 0
    assert not Chore.objects.filter(subject=first.pk).exists()
    carrying.carry(second.pk)
    grow_old()
    carrying.carry(second.pk)
    assert list(DataKey.objects.all()) == [second]


def test_what_is_changed_meanwhile_is_not_taken_back(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = keep(alice)
    new = rotate(actor=alice)

    def meanwhile(token: str, *, context: str) -> str:
        rotate_credential(made, actor=alice, values={"token": "newer-token-123"})
        return unseal(token, context=context)

    monkeypatch.setattr("apps.vault.resealing.unseal", meanwhile)
    list(resealing.reseal(new.pk))
    made.refresh_from_db()
    assert values_of(made).headers() == {"Authorization": "Bearer newer-token-123"}


def test_what_does_not_open_stays_is_counted_and_keeps_its_key(
    alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    broken, sound = keep(alice), keep(alice, "header")
    StoredCredential.objects.filter(pk=broken.pk).update(sealed=f"{broken.sealed[:-4]}AAA=")
    new = rotate(actor=alice)
    carrying.carry(new.pk)
    grow_old()
    carrying.carry(new.pk)
    assert standing().left == {"credentials_storedcredential.sealed": 1}
    assert (sealed_with(new), DataKey.objects.count()) == (1, 2)
    assert str(broken.pk) in caplog.text
    assert str(sound.pk) not in caplog.text


def test_signatures_are_checked_after_their_key_is_gone(alpha: Tenant) -> None:
    signature = Signatures("audit chain").sign(b"entry")
    rotate_data_key()
    grow_old()
    assert retiring.remove_unused() == 1
    assert Signatures("audit chain").fits(b"entry", signature)
    assert not Signatures("audit chain").fits(b"another", signature)
    kept = VerifyingKey.objects.get(context="audit chain")
    other = Signatures("audit chain").sign(b"forged")
    VerifyingKey.objects.update(sealed=kept.sealed[:-6] + "AAAAA=")
    assert not Signatures("audit chain").fits(b"entry", signature)
    assert Signatures("audit chain").fits(b"forged", other)


def test_second_factors_are_given_to_the_new_key(alice: User) -> None:
    adapter = SecondFactorAdapter()
    data = {"secret": adapter.encrypt("JBSW"), "used_mask": 3, "more": [adapter.encrypt("x")]}
    factor = Authenticator.objects.create(user=alice, type="totp", data=data)
    new = rotate_data_key()
    assert resealing.left(new.pk) == {"mfa_authenticator.data": 1}
    list(resealing.reseal(new.pk))
    factor.refresh_from_db()
    assert resealing.left(new.pk) == {}
    assert adapter.decrypt(factor.data["secret"]) == "JBSW"
    assert (adapter.decrypt(factor.data["more"][0]), factor.data["used_mask"]) == ("x", 3)


@pytest.mark.django_db(transaction=True)
def test_stored_bytes_move_and_who_read_the_row_before_finds_them(
    alpha: Tenant, folder: Folder
) -> None:
    stale = store(b"payload" * 50)
    new = rotate_data_key()
    list(resealing.reseal(new.pk))
    moved = Blob.objects.get()
    assert (moved.pk, moved.key_id) == (stale.pk, new.pk)
    assert Discarded.objects.get().name == stale.name
    sweep()
    assert not (folder.root / stale.name).exists()
    assert load(stale) == load(moved) == b"payload" * 50


@pytest.mark.django_db(transaction=True)
def test_reads_never_fail_while_all_is_sealed_again(alice: User) -> None:
    """Readers and a carrier at the same time, over several rotations whose old keys go at once."""
    made = [keep(alice, name=name) for name in names(12)]
    over, reads = Event(), 0

    def read() -> int:
        count = 0
        try:
            while not over.is_set():
                for each in StoredCredential.objects.all():
                    assert values_of(each).headers() == {"Authorization": f"Bearer {SECRET}"}
                    count += 1
        finally:
            connection.close()
        return count

    with ThreadPoolExecutor(max_workers=3) as threads:
        readers = [threads.submit(copy_context().run, read) for _ in range(3)]
        try:
            for _ in range(4):
                carrying.carry(rotate(actor=alice).pk)
        finally:
            over.set()
        reads = sum(each.result(60) for each in readers)
    assert reads > len(made)
    assert sealed_with(DataKey.objects.get(pk=current_key_id())) == len(made)


def test_owners_see_what_is_left_and_rotate(alice: User, bob: User) -> None:
    place = "/credentials/data-key/"
    keep(alice)
    assert (
        "Everything is sealed with the current key." in browser(alice).get(place).content.decode()
    )
    assert browser(alice).post(place).status_code == 302
    shown = browser(alice).get(place).content.decode()
    assert ("Secrets are being sealed again." in shown, "Credentials" in shown) == (True, True)
    told = api_client(alice).get("/api/v1/data-key/").json()
    assert (told["left"], told["left_in"]) == (1, {"credentials_storedcredential.sealed": 1})
    assert len(told["retired"]) == 1
    again = api_client(alice).post("/api/v1/data-key/")
    assert (again.status_code, len(again.json()["retired"])) == (202, 2)
    assert browser(bob).get(place).status_code == 403
    assert api_client(bob).post("/api/v1/data-key/").status_code == 403
    with pytest.raises(Forbidden):
        rotate(actor=bob)

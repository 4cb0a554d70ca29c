"""Storing and getting back: sealed, compared with the hash, refused in a transaction; and the sweep."""

import pytest
from django.db import connection, transaction

from apps.files import services
from apps.files.exceptions import BlobAltered, BlobMissing, BlobTooLarge, StorageAway
from apps.files.models import Blob, Discarded
from apps.files.services import load, store, sweep
from apps.files.storage import Folder
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.vault.services import rotate_data_key
from tests.factories.storage import away, grown_old

DATA = b'{"secret": "canary"}' * 100


def test_what_is_stored_is_loaded_and_lies_there_sealed(alpha: Tenant, folder: Folder) -> None:
    blob = store(DATA)
    assert load(Blob.objects.get()) == DATA
    assert (blob.size, blob.name.split("/")[0]) == (len(DATA), "t_alpha")
    assert b"canary" not in (folder.root / blob.name).read_bytes()


def test_in_a_bucket_too(alpha: Tenant, bucket: None) -> None:
    assert load(store(DATA)) == DATA


def test_it_is_read_after_the_key_was_changed(alpha: Tenant, folder: Folder) -> None:
    old = store(DATA)
    rotate_data_key()
    new = store(DATA)
    assert old.key_id != new.key_id
    assert load(old) == load(new) == DATA


@pytest.mark.parametrize("harm", [b"", b"x" * 30, None])
def test_altered_bytes_never_pass(
    alpha: Tenant, folder: Folder, caplog: pytest.LogCaptureFixture, harm: bytes | None
) -> None:
    blob = store(DATA)
    path = folder.root / blob.name
    sealed = path.read_bytes()
    path.write_bytes(sealed[:-1] + bytes([sealed[-1] ^ 1]) if harm is None else harm)
    with pytest.raises(BlobAltered):
        load(blob)
    assert str(blob.pk) in caplog.text


def test_another_blobs_bytes_never_pass(alpha: Tenant, folder: Folder) -> None:
    one, other = store(DATA), store(DATA)
    (folder.root / one.name).write_bytes((folder.root / other.name).read_bytes())
    with pytest.raises(BlobAltered):
        load(one)


def test_a_row_with_another_hash_never_passes(alpha: Tenant, folder: Folder) -> None:
    blob = store(DATA)
    blob.sha256 = "0" * 64
    with pytest.raises(BlobAltered):
        load(blob)


def test_a_missing_one_says_so(
    alpha: Tenant, folder: Folder, caplog: pytest.LogCaptureFixture
) -> None:
    blob = store(DATA)
    (folder.root / blob.name).unlink()
    with pytest.raises(BlobMissing):
        load(blob)
    assert str(blob.pk) in caplog.text


def test_another_workspace_opens_nothing(alpha: Tenant, beta: Tenant, folder: Folder) -> None:
    """Neither by the row, nor with the bytes and the row copied into its own schema."""
    blob = store(DATA)
    sealed = (folder.root / blob.name).read_bytes()
    with tenant_context(beta):
        assert not Blob.objects.exists()
        with pytest.raises(BlobAltered):
            load(blob)
        copy = store(b"its own")
        (folder.root / copy.name).write_bytes(sealed)
        with pytest.raises((BlobAltered, BlobMissing)):
            load(copy)


def test_too_much_is_refused_before_anything_is_kept(
    alpha: Tenant, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MAX_BYTES", 10)
    with pytest.raises(BlobTooLarge):
        store(b"x" * 11)
    assert not Blob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_storage_is_never_asked_in_a_transaction(alpha: Tenant, folder: Folder) -> None:
    blob = store(DATA)
    with transaction.atomic():
        assert not services.may_ask()
        with pytest.raises(RuntimeError):
            store(DATA)
        with pytest.raises(RuntimeError):
            load(blob)
    assert services.may_ask()


@pytest.mark.django_db(transaction=True)
def test_a_tenants_role_cannot_rewrite_what_a_handle_stands_for(
    alpha: Tenant, folder: Folder
) -> None:
    store(DATA)
    with pytest.raises(Exception, match="permission denied"):
        Blob.objects.update(sha256="0" * 64)
    connection.close()


class TestSweep:
    def test_a_fresh_blob_waits_for_its_reference(self, alpha: Tenant, folder: Folder) -> None:
        blob = store(DATA)
        assert sweep() == []
        assert load(blob) == DATA

    def test_an_orphan_past_its_grace_goes_with_its_bytes(
        self, alpha: Tenant, folder: Folder
    ) -> None:
        blob, fresh = store(DATA), store(DATA)
        grown_old(blob)
        assert sweep() == [blob.pk]
        assert list(Blob.objects.all()) == [fresh]
        assert not (folder.root / blob.name).exists()
        assert not Discarded.objects.exists()
        assert load(fresh) == DATA

    def test_what_the_storage_did_not_let_go_is_taken_out_later(
        self, alpha: Tenant, folder: Folder
    ) -> None:
        blob = store(DATA)
        grown_old(blob)
        with away(folder), pytest.raises(StorageAway):
            sweep()
        assert not Blob.objects.exists()
        assert list(Discarded.objects.values_list("name", flat=True)) == [blob.name]
        sweep()
        assert not Discarded.objects.exists()
        assert not (folder.root / blob.name).exists()

    def test_bytes_that_were_never_written_do_not_stop_it(
        self, alpha: Tenant, folder: Folder
    ) -> None:
        """A crash between the row and the bytes leaves a row alone."""
        with away(folder), pytest.raises(StorageAway):
            store(DATA)
        blob = Blob.objects.get()
        grown_old(blob)
        assert sweep() == [blob.pk]

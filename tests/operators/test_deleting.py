"""The end of a workspace: nothing of it is left, the neighbour is untouched, and a certificate says so."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from apps.accounts.models import User
from apps.accounts.services import add_member, create_api_key
from apps.audit.models import AuditEntry
from apps.dispatch import leases
from apps.dispatch.exceptions import Fenced
from apps.dispatch.models import Ticket
from apps.files import services as files
from apps.files.storage import storage
from apps.onboarding.services import request_workspace, slug_is_free
from apps.operators import deleting, ends, remains
from apps.operators.certificates import is_genuine
from apps.operators.exceptions import TooLate
from apps.operators.models import Deletion
from apps.retention.services import place_hold
from apps.runs.models import Run
from apps.runs.services import start_run
from apps.tenants.context import maintenance, public_scope, tenant_context
from apps.tenants.models import KeyIndex, Tenant
from apps.tenants.services import SlugTaken, create_tenant, drop_tenant
from apps.vault import services as vault
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser, staff_browser
from tests.factories.operators import platform_client, staff
from tests.workflows.definitions import greeting

pytestmark = pytest.mark.django_db(transaction=True)
Omega = tuple[Tenant, User]
NOW = timedelta(0)


@pytest.fixture(autouse=True)
def _own_folder(settings: Settings, tmp_path: Path) -> Any:
    settings.MEDIA_ROOT = tmp_path
    storage.cache_clear()
    yield
    storage.cache_clear()


def fill(tenant: Tenant, owner: User) -> Run:
    """Leave something in every place where a workspace leaves something."""
    with tenant_context(tenant):
        vault.seal("a secret", context="test")
        files.store(b"bytes of a customer")
        create_api_key(name="k", role="owner", user=owner, actor=owner)
        cache.set("seen", 1)
        workflow = create_workflow(actor=owner, name="W", definition=greeting())
        return start_run(workflow, actor=owner, inputs={"who": "Ann"}, version="draft")


def scheduled(tenant: Tenant) -> Deletion:
    return ends.schedule(tenant, asker=ends.Asker.staff(staff()), reason="Over", grace=NOW)


def end(deletion: Deletion) -> Deletion:
    deleting.carry_due()
    with public_scope():
        deletion.refresh_from_db()
    return deletion


def every_row_naming(*words: str) -> list[str]:
    """Search all tables of all schemas as text, by themselves and not by the code under test."""
    found = []
    with maintenance(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname, tablename FROM pg_tables"
            " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
        )
        for schema, table in cursor.fetchall():
            for word in words:
                cursor.execute(
                    f'SELECT count(*) FROM "{schema}"."{table}" AS t WHERE t::text LIKE %s',
                    [f"%{word}%"],
                )
                if cursor.fetchone()[0]:
                    found.append(f"{schema}.{table}: {word}")
    return found


def fingerprint(tenant: Tenant) -> list[tuple[str, int]]:
    with maintenance(tenant.schema_name), connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [tenant.schema_name]
        )
        told = []
        for (name,) in sorted(cursor.fetchall()):
            cursor.execute(
                "SELECT coalesce(sum(hashtextextended(t::text, 0)), 0)"
                f' FROM "{tenant.schema_name}"."{name}" AS t'
            )
            told.append((name, cursor.fetchone()[0]))
        return told


def test_nothing_is_left_and_the_neighbour_is_untouched(
    omega: Omega, alice: User, alpha: Tenant, settings: Settings, tmp_path: Path
) -> None:
    tenant, owner = omega
    fill(tenant, owner)
    fill(alpha, alice)
    with public_scope():
        other = create_tenant(name="Omega two", slug="omega-2")  # a name that begins alike
    try:
        fill(other, owner_of(other))
        before = [fingerprint(alpha), fingerprint(other)]
        deletion = end(scheduled(tenant))
        assert deletion.state == Deletion.State.DONE, deletion.trouble
        assert [fingerprint(alpha), fingerprint(other)] == before
        with tenant_context(other):
            assert cache.get("seen") == 1
    finally:
        drop_tenant(other)
    left = every_row_naming(tenant.schema_name, tenant.role_name, str(tenant.pk), "olga@omega")
    assert {line.split(":")[0] for line in left} <= {
        "public.audit_entry", "public.operators_deletion"
    }  # fmt: skip
    assert not (tmp_path / tenant.schema_name).exists()
    assert (tmp_path / alpha.schema_name).exists()
    with Redis.from_url(settings.REDIS_URL) as client:
        assert not [key for key in client.keys("*") if b"t_omega:" in key or b"t_omega." in key]
    with maintenance(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_roles WHERE rolname = %s", [tenant.role_name])
        assert cursor.fetchone()[0] == 0
    with public_scope():
        assert not KeyIndex.objects.filter(tenant_id=tenant.pk).exists()


def owner_of(tenant: Tenant) -> User:
    with tenant_context(tenant):
        return add_member(email="olga@two.example", name="Olga", role="owner")


def test_the_certificate_tells_what_was_deleted_and_cannot_be_altered(omega: Omega) -> None:
    tenant, owner = omega
    fill(tenant, owner)
    with tenant_context(tenant):
        keys = {str(vault.current_key_id())}
    deletion = end(scheduled(tenant))
    told: Any = deletion.certificate
    assert set(told["destroyed_keys"]) == keys
    assert told["deleted"]["files"] == 1
    assert told["deleted"]["bytes"] == len(b"bytes of a customer")
    assert told["deleted"]["tables"]["accounts_user"] == 1
    assert told["deleted"]["redis_keys"] >= 1
    assert told["deleted"]["shared_rows"]["dispatch_ticket"] == 1
    assert told["workspace"]["slug"] == "omega"
    assert told["asked"]["by"] == "Platform staff (sven@auterity.example)"
    assert is_genuine(deletion)
    for path, value in (
        ("destroyed_keys", []),
        ("finished_at", "2020-01-01"),
        ("sha256", "0" * 64),
    ):
        deletion.certificate = {**told, path: value}
        assert not is_genuine(deletion), path
    with public_scope():
        entry = AuditEntry.objects.get(action="workspace.deleted")
    assert entry.after is not None
    assert entry.after["sha256"] == told["sha256"]


def test_staff_and_programs_get_the_certificate(omega: Omega) -> None:
    deletion = end(scheduled(omega[0]))
    client = platform_client()
    answer = client.get(f"/api/v1/deletions/{deletion.pk}/certificate/").json()
    assert answer["genuine"] is True
    assert client.get(f"/api/v1/deletions/{deletion.pk}/").json()["state"] == "done"
    page = staff_browser()
    assert "Download" in page.get("/operators/deletion/").content.decode()
    sent = page.get(f"/operators/deletion/{deletion.pk}/certificate/")
    assert "attachment" in sent["Content-Disposition"]
    assert json.loads(sent.content)["certificate"] == answer["certificate"]
    with public_scope():
        Deletion.objects.update(signature="v1.x.y")
    assert "Altered" in page.get("/operators/deletion/").content.decode()


def killed(patch: pytest.MonkeyPatch, place: int, when: str) -> None:
    """Let who carries a deletion die at a step: before it, before it is noted, or after it."""
    plain = deleting.STEPS[place]

    def dies(*_anything: object) -> None:
        raise KeyboardInterrupt

    def dies_after(found: Deletion) -> None:
        plain(found)
        raise KeyboardInterrupt

    if when == "unnoted":
        patch.setattr(deleting, "_step", dies)
        return
    steps = list(deleting.STEPS)
    steps[place] = dies if when == "before" else dies_after
    patch.setattr(deleting, "STEPS", steps)


def test_who_dies_in_the_middle_is_followed_by_somebody_who_goes_on(
    omega: Omega, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(*omega)
    deletion = scheduled(omega[0])
    for place in range(len(deleting.STEPS)):
        for when in ("before", "unnoted", "after"):
            with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
                killed(patch, place, when)
                deleting.carry(deletion.pk)
            deleting.carry(deletion.pk)  # still leased: nobody else does anything
            with public_scope():
                deletion.refresh_from_db()
                assert deletion.step == place + (when == "after")
                Deletion.objects.update(carried_until=timezone.now())
    deletion = end(deletion)
    assert deletion.state == Deletion.State.DONE
    assert is_genuine(deletion)
    assert deletion.found["tables"]["accounts_user"] == 1
    assert remains.shared_rows(deletion) == {}


def test_the_keys_are_gone_before_anything_else(
    omega: Omega, monkeypatch: pytest.MonkeyPatch
) -> None:
    tenant, owner = omega
    fill(tenant, owner)
    with tenant_context(tenant):
        sealed = vault.seal("a secret", context="test")

    killed(monkeypatch, 2, "before")
    scheduled(tenant)
    with pytest.raises(KeyboardInterrupt):
        deleting.carry_due()
    with tenant_context(tenant), pytest.raises(Exception, match="decrypted"):
        vault.unseal(sealed, context="test")
    page = browser(tenant="omega").get("/")
    assert (page.status_code, b"being deleted" in page.content) == (404, True)


def test_who_carries_a_run_there_writes_nothing_more(
    omega: Omega, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = fill(*omega)
    with tenant_context(omega[0]):
        lease = leases.claim(run.pk, "a worker")
    assert lease is not None

    killed(monkeypatch, 1, "before")
    scheduled(omega[0])
    with pytest.raises(KeyboardInterrupt):
        deleting.carry_due()
    with tenant_context(omega[0]):
        assert not Ticket.objects.exists()
        with pytest.raises(Fenced):
            leases.hold(lease)


def test_nothing_begins_before_its_time_nor_under_a_hold(omega: Omega) -> None:
    tenant, owner = omega
    later = ends.schedule(tenant, asker=ends.Asker.owner(owner, tenant))
    assert deleting.carry_due() == 0
    ends.cancel(later, asker=ends.Asker.owner(owner, tenant))
    deletion = scheduled(tenant)
    with tenant_context(tenant):
        place_hold(actor=owner, workflow=None, reason="Case 7")
    deletion = end(deletion)
    assert (deletion.state, deletion.step) == (Deletion.State.SCHEDULED, 0)
    assert "legal hold" in deletion.trouble
    assert deleting.carry_due() == 0  # until tomorrow
    with tenant_context(tenant):
        assert User.objects.filter(pk=owner.pk).exists()


def test_the_address_rests_and_is_free_then(omega: Omega) -> None:
    deletion = end(scheduled(omega[0]))
    with pytest.raises(TooLate):
        ends.cancel(deletion, asker=ends.Asker.staff(staff()))
    assert not slug_is_free("omega")
    with pytest.raises(SlugTaken):
        create_tenant(name="Again", slug="omega")
    with pytest.raises(SlugTaken):
        request_workspace(name="Again", slug="omega", email="x@y.example")
    with public_scope():
        Deletion.objects.update(slug_free_at=timezone.now())
    assert slug_is_free("omega")


def test_a_storage_that_is_away_is_waited_for(
    omega: Omega, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fill(*omega)
    mail.outbox.clear()

    def away(*_args: object) -> None:
        raise OSError("not mounted")

    with monkeypatch.context() as patch:
        patch.setattr("apps.files.storage.shutil.rmtree", away)
        deletion = end(scheduled(omega[0]))
    assert (deletion.state, deletion.step) == (Deletion.State.RUNNING, 3)
    assert "storage" in deletion.trouble
    with public_scope():
        Deletion.objects.update(carried_until=None)
    assert end(deletion).state == Deletion.State.DONE
    assert not (tmp_path / "t_omega").exists()

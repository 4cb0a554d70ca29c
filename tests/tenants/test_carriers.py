"""The places that carry the tenant beside the connection: cache, files, groups, tasks, threads."""

import asyncio

import pytest
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from pytest_django import Settings

from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common.ids import uuid7
from apps.tenants.context import NoTenant, current_schema, tenant_context
from apps.tenants.database import query
from apps.tenants.keys import group_name
from apps.tenants.models import Tenant
from apps.tenants.tasks import TenantTask

KEY = f"answer-{uuid7()}"  # Redis outlives the test


def test_cache_keys_are_the_tenants(alpha: Tenant, beta: Tenant) -> None:
    cache.set(KEY, 1)
    with tenant_context(beta):
        assert cache.get(KEY) is None
        cache.set(KEY, 2)
    assert cache.get(KEY) == 1
    cache.delete(KEY)


def test_cache_without_tenant_raises() -> None:
    with pytest.raises(NoTenant):
        cache.get(KEY)


def test_files_are_the_tenants(
    alpha: Tenant, beta: Tenant, settings: Settings, tmp_path: object
) -> None:
    settings.MEDIA_ROOT = tmp_path
    name = default_storage.save("note.txt", ContentFile(b"alpha"))
    with tenant_context(beta):
        assert not default_storage.exists(name)
    with default_storage.open(name) as file:
        assert file.read() == b"alpha"


def test_groups_are_the_tenants(alpha: Tenant, beta: Tenant) -> None:
    assert group_name("run.1") == "t_alpha.run.1"


def test_task_message_carries_the_schema_of_the_call(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, object] = {}
    monkeypatch.setattr(
        "celery.app.task.Task.apply_async", lambda *args, **options: sent.update(options)
    )
    TenantTask().apply_async()
    assert sent["headers"] == {"tenant_schema": "t_alpha"}


@pytest.mark.django_db(transaction=True)
def test_coroutines_never_meet(alpha: Tenant, beta: Tenant) -> None:
    """Two coroutines that hop into threads at the same time keep their own rows."""

    async def work(tenant: Tenant) -> set[str]:
        seen = set()
        with tenant_context(tenant):
            for _ in range(50):
                await query(record, f"{tenant.slug}.done", actor=None)
                await asyncio.sleep(0)
                seen.update(
                    await query(lambda: list(AuditEntry.objects.values_list("action", flat=True)))
                )
                assert current_schema() == tenant.schema_name
        return seen

    async def both() -> list[set[str]]:
        return list(await asyncio.gather(work(alpha), work(beta), work(alpha), work(beta)))

    found = asyncio.run(both())
    assert found == [{"alpha.done"}, {"beta.done"}, {"alpha.done"}, {"beta.done"}]

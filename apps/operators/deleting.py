"""Carrying a deletion out: steps that each may be done again, so that whoever comes after a crash goes on.

The data keys go first. From then on nothing that was sealed can be read, whatever else a machine
that dies leaves lying about.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.audit.services import record
from apps.dispatch import workers
from apps.files.storage import holds_any
from apps.operators import remains
from apps.operators.certificates import certify
from apps.operators.models import Deletion
from apps.retention.holds import anything_is_held
from apps.tenants import hosts, provisioning
from apps.tenants.context import maintenance, public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import drop_tables, remove_outside
from apps.vault import services as vault

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # after which somebody else goes on with what stands still
HELD_FOR = timedelta(days=1)  # after which a workspace under a legal hold is looked at again
State = Deletion.State


def carry_due() -> int:
    """Carry out what is due and return how many were looked at."""
    with public_scope():
        due = list(Deletion.objects.due().values_list("pk", flat=True))
    for deletion_id in due:
        try:
            carry(deletion_id)
        except Exception as error:
            logger.exception("The deletion %s stands still.", deletion_id)
            with public_scope():
                Deletion.objects.filter(pk=deletion_id).update(trouble=str(error)[:200])
    return len(due)


def carry(deletion_id: UUID) -> None:
    """Work on a deletion until it is over, unless somebody else does."""
    with public_scope():
        while not workers.draining.is_set() and _is_ours(deletion_id):
            deletion = Deletion.objects.get(pk=deletion_id)
            STEPS[deletion.step](deletion)
            Deletion.objects.filter(pk=deletion_id).update(carried_until=None)


def _is_ours(deletion_id: UUID) -> bool:
    until = timezone.now() + LEASE
    return bool(Deletion.objects.due().filter(pk=deletion_id).update(carried_until=until))


@transaction.atomic
def _close(deletion: Deletion) -> None:
    """Let nobody in any more, and take from those who carry runs there the right to write."""
    tenant = Tenant.objects.select_for_update().get(pk=deletion.workspace)
    with tenant_context(tenant):
        held = anything_is_held()
    if held:
        deletion.due_at, deletion.trouble = timezone.now() + HELD_FOR, "A legal hold keeps it."
        deletion.save(update_fields=["due_at", "trouble", "updated_at"])
        return
    tenant.status = Tenant.Status.DELETING
    tenant.save(update_fields=["status"])
    deletion.state, deletion.started_at = State.RUNNING, timezone.now()
    deletion.found = remains.counted(deletion)
    with maintenance():
        provisioning.forget_rows(deletion.role_name)
    transaction.on_commit(hosts.forget)
    _step(deletion, "state", "started_at", "found")


@transaction.atomic
def _shred(deletion: Deletion) -> None:
    """Destroy the data keys."""
    with maintenance(deletion.schema_name):
        deletion.keys = vault.shred()
    _step(deletion, "keys")


@transaction.atomic
def _drop(deletion: Deletion) -> None:
    """Drop schema, role and whatever of the public schema belongs to the workspace."""
    drop_tables(Tenant.objects.get(pk=deletion.workspace))
    _step(deletion)


def _remove_outside(deletion: Deletion) -> None:
    """Remove files, keys in Redis, and what was kept about the address for a while."""
    remove_outside(deletion.schema_name)
    remains.forget_in_redis(deletion.schema_name)
    remains.forget_wishes(deletion.slug)
    _step(deletion)


@transaction.atomic
def _finish(deletion: Deletion) -> None:
    """Search everything once more, then certify; where something is left, the step before is done again."""
    left = {
        "shared rows": remains.shared_rows(deletion),
        "files": holds_any(deletion.schema_name),
        "keys in Redis": list(remains.redis_keys(deletion.schema_name)),
        "database roles": remains.roles(deletion.role_name),
    }
    if found := [what for what, there in left.items() if there]:
        Deletion.objects.filter(pk=deletion.pk).update(step=STEPS.index(_remove_outside))
        transaction.on_commit(lambda: logger.warning("Deletion %s: left %s", deletion.pk, found))
        return
    now = timezone.now()
    deletion.state, deletion.finished_at = State.DONE, now
    deletion.slug_free_at = now + timedelta(days=settings.SLUG_REST_DAYS)
    deletion.certificate, deletion.signature = certify(deletion)
    told = {"slug": deletion.slug, "sha256": deletion.certificate["sha256"]}
    record("workspace.deleted", actor=None, target=deletion, after=told)
    _step(deletion, "state", "finished_at", "slug_free_at", "certificate", "signature")


STEPS: list[Callable[[Deletion], None]] = [_close, _shred, _drop, _remove_outside, _finish]


def _step(deletion: Deletion, *changed: str) -> None:
    deletion.step, deletion.trouble = deletion.step + 1, ""
    deletion.save(update_fields=["step", "trouble", "updated_at", *changed])

"""What staff do with a workspace stands in two trails: the platform's, and the workspace's own."""

from django.db.models import Model

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.dispatch.operations import Staff
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant


def note(
    action: str,
    tenant: Tenant,
    *,
    actor: User,
    before: JSONDict | None = None,
    after: JSONDict | None = None,
) -> None:
    """Write down what was done with a workspace, in the caller's transaction, in both trails."""
    note_here(action, tenant, actor=actor, before=before, after=after)
    staff = Staff(actor.email, acting_key=actor.acting_key)
    with tenant_context(tenant):
        record(action, actor=staff, target=tenant, before=before, after=after)


def note_here(
    action: str,
    target: Model,
    *,
    actor: User,
    before: JSONDict | None = None,
    after: JSONDict | None = None,
) -> None:
    """Write it into the platform's trail alone."""
    with public_scope():
        record(action, actor=actor, target=target, before=before, after=after)

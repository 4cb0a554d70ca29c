"""What platform staff do with workspaces: each act is written down here and there."""

from django.db import transaction

from apps.accounts.models import User
from apps.accounts.services import invite_first_owner
from apps.common.errors import Conflict, NotFound
from apps.operators.exceptions import AlreadyOwned
from apps.operators.trail import note
from apps.tenants import hosts
from apps.tenants.addresses import workspace_url
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant, resume_tenant, suspend_tenant

ACCEPT = "/invitations/{token}/"


def open_workspace(*, name: str, slug: str, owner_email: str, actor: User) -> Tenant:
    """Make a workspace and invite its first owner by mail.

    Raises ValidationError for a bad slug, SlugTaken.
    """
    with public_scope(), transaction.atomic():
        tenant = create_tenant(name=name, slug=slug)
        note("workspace.created", tenant, actor=actor, after={"slug": slug})
        _invite(tenant, owner_email)
    return tenant


def invite_owner(tenant: Tenant, *, email: str, actor: User) -> None:
    """Invite the first owner again, or somebody else; the link before stops working.

    Raises AlreadyOwned once there is one.
    """
    with public_scope(), transaction.atomic():
        with tenant_context(tenant):
            if User.objects.members().exists():
                raise AlreadyOwned
        note("workspace.owner_invited", tenant, actor=actor, after={"email": email})
        _invite(tenant, email)


@transaction.atomic
def suspend(tenant: Tenant, *, reason: str, actor: User) -> Tenant:
    """Close a workspace: pages, API, sockets, gateway and webhooks, and nothing new runs.

    What reaches outside at that moment comes to its end and is kept. Repeating changes nothing.
    """
    found = _locked(tenant)
    if _is_to_turn(found, Tenant.Status.ACTIVE, Tenant.Status.SUSPENDED):
        suspend_tenant(found)
        note("workspace.suspended", found, actor=actor, after={"reason": reason})
        transaction.on_commit(hosts.forget)  # other processes look again within seconds
    return found


@transaction.atomic
def resume(tenant: Tenant, *, reason: str, actor: User) -> Tenant:
    """Open a suspended workspace; what was planned meanwhile is made up for. Repeatable."""
    found = _locked(tenant)
    if _is_to_turn(found, Tenant.Status.SUSPENDED, Tenant.Status.ACTIVE):
        resume_tenant(found)
        note("workspace.resumed", found, actor=actor, after={"reason": reason})
        transaction.on_commit(hosts.forget)
    return found


def _locked(tenant: Tenant) -> Tenant:
    with public_scope():
        found = Tenant.objects.select_for_update().filter(pk=tenant.pk).first()
    if found is None:
        raise NotFound
    return found


def _is_to_turn(tenant: Tenant, before: str, after: str) -> bool:
    """Tell whether it goes from one state to the other now. Raises Conflict in a third one."""
    if tenant.status not in (before, after):
        raise Conflict(f"The workspace is {tenant.get_status_display().lower()}.")
    return tenant.status == before


def _invite(tenant: Tenant, email: str) -> None:
    with tenant_context(tenant):
        invite_first_owner(email=email, link=workspace_url(tenant) + ACCEPT)

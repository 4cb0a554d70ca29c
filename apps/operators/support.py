"""Support access: staff ask, somebody who manages members lets them in for a while, and it ends by itself.

Inside they are a user of the workspace, of a kind of its own, with the role that was chosen and
never a right to secrets. Their one way in is a link from the console, good once and for a minute;
their session has its end written in its row, where pages, API and sockets look.
"""

from datetime import timedelta
from uuid import UUID

from django.contrib.auth import login
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from apps.accounts import duties, keys, policies, proof
from apps.accounts.exceptions import OutsideNetworks
from apps.accounts.models import RoleBinding, SignInRules, User
from apps.accounts.services.giving import check_may_give, role_named
from apps.accounts.session_store import FIXED
from apps.audit.services import Acting, record
from apps.common.errors import Invalid, NotFound
from apps.common.requests import client_ip
from apps.dispatch.operations import Staff
from apps.operators.exceptions import AccessOver, EntranceClosed
from apps.operators.models import MOST_HOURS, SupportAccess
from apps.operators.telling import tell_asked, tell_ended
from apps.operators.trail import note, note_here
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant, public_scope, tenant_context
from apps.tenants.models import Tenant

State = SupportAccess.State
ROLES = ("viewer", "operator", "builder")
ENTRANCE = timedelta(minutes=1)
PURPOSE = "support-entrance"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PERMISSION = "member.manage"


@transaction.atomic
def ask(tenant: Tenant, *, reason: str, hours: int, actor: User) -> SupportAccess:
    """Ask to be let into a workspace; those who may let in are told. Raises Invalid."""
    if not 1 <= hours <= MOST_HOURS:
        raise Invalid.at("hours", f"Choose from 1 to {MOST_HOURS} hours.")
    with public_scope():
        access = SupportAccess.objects.create(
            tenant=tenant, staff=actor, staff_email=actor.email, reason=reason, hours=hours
        )
    note("support.asked", tenant, actor=actor, after={"reason": reason, "hours": hours})
    with tenant_context(tenant):
        tell_asked(access, able())
    return access


@transaction.atomic
def approve(access_id: UUID, *, role: str, actor: User) -> SupportAccess:
    """Let staff in, from now on and for as long as they asked. Raises AccessOver, Invalid, Forbidden."""
    policies.require(actor, PERMISSION)
    if role not in ROLES:
        raise Invalid.at("role", f"Choose one of {', '.join(ROLES)}.")
    chosen = role_named(role)
    check_may_give(actor, chosen)
    access = _locked(access_id, State.ASKED)
    ends_at = timezone.now() + timedelta(hours=access.hours)
    guest = User.objects.create_user(
        f"support-{access.pk}@support.invalid",
        name=f"Platform support, {access.staff_email}"[:120],
        kind=User.Kind.SUPPORT,
        let_in_by=f"let in by {actor}"[:120],
    )
    RoleBinding.objects.create(user=guest, role=chosen)
    told = {"staff": access.staff_email, "role": role, "ends_at": ends_at, "reason": access.reason}
    _change(access, state=State.OPEN, role=role, decided_by=str(actor)[:200], ends_at=ends_at,
            guest=guest.pk)  # fmt: skip
    record("support.approved", actor=actor, target=guest, after=told)
    return access


@transaction.atomic
def refuse(access_id: UUID, *, actor: User) -> None:
    """Let nobody in. Raises AccessOver."""
    policies.require(actor, PERMISSION)
    access = _locked(access_id, State.ASKED)
    _change(access, state=State.REFUSED, decided_by=str(actor)[:200])
    record("support.refused", actor=actor, after={"staff": access.staff_email})


@transaction.atomic
def withdraw(access_id: UUID, *, actor: User) -> None:
    """Show staff out at once: pages, API and sockets refuse them. Raises AccessOver."""
    policies.require(actor, PERMISSION)
    access = _locked(access_id, State.OPEN)
    _end(access, State.WITHDRAWN, "support.withdrawn", actor)


@transaction.atomic
def leave(access: SupportAccess, *, actor: User) -> None:
    """End an access, or a wish for one, from the platform's side. Raises AccessOver."""
    staff = Staff(actor.email)
    with public_scope():
        tenant = access.tenant
    with tenant_context(tenant):
        found = _locked(access.pk, State.ASKED, State.OPEN)
        _end(found, State.OVER, "support.ended", staff)
    note_here("support.ended", tenant, actor=actor)


def close_over() -> int:
    """End what is over its time and return how much that was; the sessions are over already."""
    with public_scope():
        over = list(SupportAccess.objects.over().select_related("tenant"))
    for access in over:
        with tenant_context(access.tenant), transaction.atomic():
            found = _locked(access.pk, State.OPEN)
            _end(found, State.OVER, "support.ended", None)
    return len(over)


@transaction.atomic
def entrance(access: SupportAccess, *, actor: User) -> str:
    """Return the address by which its member of staff comes in, once and within a minute.

    Raises AccessOver, EntranceClosed for another one's.
    """
    if access.staff_id != actor.pk:
        raise EntranceClosed
    token = keys.new_key()[1]
    hashed = keys.hash_secret(token, purpose=PURPOSE)
    with public_scope():
        tenant = access.tenant
        found = SupportAccess.objects.live().filter(pk=access.pk)
        if not found.update(entry_hash=hashed, entry_until=timezone.now() + ENTRANCE):
            raise AccessOver
    note("support.entrance_made", tenant, actor=actor)
    path = reverse("operators:enter", args=[access.pk, token], urlconf="auterity.urls")
    return workspace_url(tenant) + path


def find_entrance(access_id: UUID, token: str) -> SupportAccess:
    """Return the access that a link opens. Raises EntranceClosed; the same work for every token."""
    hashed, tenant = keys.hash_secret(token, purpose=PURPOSE), current_tenant()
    with public_scope():
        live = SupportAccess.objects.live().filter(tenant=tenant, entry_until__gt=timezone.now())
        found = live.filter(pk=access_id).first()
    if not keys.same(hashed, found.entry_hash if found else None) or found is None:
        raise EntranceClosed
    return found


@transaction.atomic
def enter(request: HttpRequest, access_id: UUID, token: str) -> None:
    """Sign staff in as the workspace's guest, until the access ends.

    Raises EntranceClosed, OutsideNetworks.
    """
    access = find_entrance(access_id, token)
    if not SignInRules.objects.now().let_in(client_ip(request)):  # the workspace's own rule stands
        raise OutsideNetworks(client_ip(request))
    with public_scope():  # one of two who press at the same time comes in
        used = SupportAccess.objects.filter(pk=access.pk, entry_hash=access.entry_hash)
        if not used.update(entry_hash="", entry_until=None):
            raise EntranceClosed
    guest = User.objects.get(pk=access.guest, is_active=True)
    request.session.flush()
    login(request, guest, backend=BACKEND)
    assert access.ends_at is not None
    request.session[FIXED] = access.ends_at.isoformat()
    request.session[duties.SHOWN] = True  # in the console, which asks everybody for one
    proof.withdraw(request.session)
    record("support.entered", actor=guest, target=guest, after={"ends_at": access.ends_at})


def able() -> list[User]:
    """Return who may let staff in."""
    members = User.objects.members().filter(is_active=True).with_roles()
    return [user for user in members if PERMISSION in user.permissions_in()]


def _locked(access_id: UUID, *states: str) -> SupportAccess:
    """Lock an access of the current workspace. Raises NotFound, AccessOver in another state."""
    tenant = current_tenant()
    with public_scope():
        own = SupportAccess.objects.select_for_update().filter(tenant=tenant)
        access = own.filter(pk=access_id).first()
    if access is None:
        raise NotFound
    if access.state not in states or (access.state == State.ASKED and access.is_lapsed):
        raise AccessOver
    return access


def _end(access: SupportAccess, state: str, action: str, actor: Acting | None) -> None:
    if access.guest:
        changes = {"is_active": False, "session_epoch": F("session_epoch") + 1}
        User.objects.filter(pk=access.guest).update(**changes)
    _change(access, state=state, ended_at=timezone.now(), entry_hash="")
    record(action, actor=actor, after={"staff": access.staff_email})
    tell_ended(access, able())


def _change(access: SupportAccess, **changes: object) -> None:
    for name, value in changes.items():
        setattr(access, name, value)
    with public_scope():
        access.save(update_fields=[*changes, "updated_at"])

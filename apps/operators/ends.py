"""Wanting the end of a workspace, and taking that back while there is time."""

from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from apps.accounts.models import RoleBinding, User
from apps.audit.services import Acting, record
from apps.dispatch.operations import Staff
from apps.operators.exceptions import AlreadyScheduled, Held, TooLate
from apps.operators.models import Deletion
from apps.retention.holds import anything_is_held
from apps.tenants import hosts
from apps.tenants.addresses import workspace_url
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

State = Deletion.State
PAGE = "/workspace/delete/"


@dataclass(frozen=True)
class Owner:
    """How an owner of a workspace stands in the platform's trail."""

    workspace: str
    email: str
    pk: str
    acting_key: object | None = None

    def __str__(self) -> str:
        return f"An owner of {self.workspace} ({self.email})"


@dataclass(frozen=True)
class Asker:
    """Who asks for the end, as the platform's trail and the workspace's name them."""

    outside: Acting
    inside: Acting
    label: str  # for both

    @classmethod
    def staff(cls, user: User) -> "Asker":
        """Return a member of the platform staff."""
        there = Staff(user.email, acting_key=user.acting_key)
        return cls(user, there, str(there))

    @classmethod
    def owner(cls, user: User, tenant: Tenant) -> "Asker":
        """Return an owner of the workspace."""
        here = Owner(tenant.slug, user.email, str(user.pk))
        return cls(here, user, str(here))


def schedule(
    tenant: Tenant, *, asker: Asker, reason: str = "", grace: timedelta | None = None
) -> Deletion:
    """Have a workspace deleted after a grace, which its owners hear of by mail.

    Raises Held under a legal hold, AlreadyScheduled.
    """
    check_may_end(tenant)
    wait = timedelta(days=grace_days()) if grace is None else grace
    try:
        with public_scope(), transaction.atomic():
            deletion = Deletion.objects.create(
                workspace=tenant.pk,
                slug=tenant.slug,
                name=tenant.name,
                schema_name=tenant.schema_name,
                role_name=tenant.role_name,
                asked_by=asker.label[:200],
                reason=reason,
                due_at=timezone.now() + wait,
            )
            told = {"reason": reason, "due_at": deletion.due_at}
            _set_end(tenant, deletion, asker, "workspace.deletion_scheduled", told)
    except IntegrityError as error:
        raise AlreadyScheduled from error
    return deletion


def grace_days() -> int:
    """Return for how many days a deletion can be taken back where nobody says otherwise."""
    days: int = settings.DELETION_GRACE_DAYS
    return days


def check_may_end(tenant: Tenant) -> None:
    """Raise Held under a legal hold, AlreadyScheduled."""
    with tenant_context(tenant):
        if anything_is_held():
            raise Held
    with public_scope():
        if Deletion.objects.open().filter(workspace=tenant.pk).exists():
            raise AlreadyScheduled


def cancel(deletion: Deletion, *, asker: Asker) -> None:
    """Take the wish back: the workspace stays as it is. Raises TooLate."""
    with public_scope(), transaction.atomic():
        found = Deletion.objects.filter(pk=deletion.pk, state=State.SCHEDULED)
        if not found.update(state=State.CANCELLED):
            raise TooLate
        tenant = Tenant.objects.get(pk=deletion.workspace)
        _set_end(tenant, None, asker, "workspace.deletion_cancelled", {})


def scheduled(tenant: Tenant) -> Deletion | None:
    """Return the deletion that waits for its time, if one does."""
    with public_scope():
        return Deletion.objects.filter(workspace=tenant.pk, state=State.SCHEDULED).first()


def _set_end(
    tenant: Tenant, deletion: Deletion | None, asker: Asker, action: str, told: dict[str, object]
) -> None:
    """Note in the workspace's row when it ends, in both trails who wants it, and mail the owners."""
    tenant.deletes_at = deletion.due_at if deletion else None
    tenant.save(update_fields=["deletes_at"])
    record(action, actor=asker.outside, target=tenant, after=told)
    with tenant_context(tenant):
        record(action, actor=asker.inside, target=tenant, after=told)
    transaction.on_commit(hosts.forget)
    transaction.on_commit(lambda: _mail_owners(tenant, deletion, asker), robust=True)


def _mail_owners(tenant: Tenant, deletion: Deletion | None, asker: Asker) -> None:
    with tenant_context(tenant):
        owners = RoleBinding.objects.filter(role__name="owner", folder=None, user__is_active=True)
        addresses = list(owners.values_list("user__email", flat=True))
    context = {"tenant": tenant, "deletion": deletion, "by": asker.inside,
               "page": workspace_url(tenant) + PAGE}  # fmt: skip
    subject = f"{tenant.name} will be deleted" if deletion else f"{tenant.name} stays"
    text = render_to_string("emails/deletion.txt", context)
    for address in addresses:
        send_mail(subject, text, None, [address])

"""What platform staff may do to the queue and the workers; each act is written down.

An act on one workspace stands in its own trail too, where its people see that staff acted.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.db.models import Model
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import Conflict
from apps.common.types import JSONDict
from apps.dispatch import services
from apps.dispatch.models import TenantLoad, Ticket, WorkerProcess
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

DUE_AGAIN = (Ticket.Status.READY, Ticket.Status.RUNNING, Ticket.Status.WAITING)


class CannotEnd(Conflict):
    """The run is over already, or nobody here knows how to end it."""

    code = "cannot_end"


@dataclass(frozen=True)
class Quotas:
    """What a workspace may take up; None is what the installation gives everybody."""

    max_running: int | None
    max_queued: int | None
    weight: int
    max_outside: int | None = None

    def as_json(self) -> JSONDict:
        """Return them as the trail keeps them."""
        return dict(vars(self))


@dataclass(frozen=True)
class Staff:
    """How a member of the platform staff stands in a workspace's trail."""

    email: str
    pk: str = ""
    acting_key: object | None = None

    def __str__(self) -> str:
        return f"Platform staff ({self.email})"


def requeue(run_ids: Sequence[UUID], *, actor: User) -> int:
    """Have runs looked at now and return how many; those that stand still on purpose are left."""
    done = 0
    with public_scope():
        tickets = list(Ticket.objects.filter(pk__in=run_ids, status__in=DUE_AGAIN))
    for ticket in tickets:
        with _at(_tenant_of(ticket), actor) as staff:
            services.wake(ticket.pk)
            record("run.requeued", actor=staff, target=ticket)
        record_here("run.requeued", actor, ticket)
        done += 1
    return done


def end_run(run_id: UUID, *, reason: str, actor: User, at_once: bool = False) -> None:
    """End a run as cancelled, whatever state it is in. Raises CannotEnd.

    At once means: also where its worker hangs, and without taking anything back.
    """
    with public_scope():
        ticket = Ticket.objects.filter(pk=run_id).first()
    if ticket is None:
        raise CannotEnd
    action, after = "run.killed_by_staff" if at_once else "run.ended_by_staff", {"reason": reason}
    with _at(_tenant_of(ticket), actor) as staff:
        if not services.end(ticket.pk, reason, at_once=at_once):
            raise CannotEnd
        record(action, actor=staff, target=ticket, after=after)
    record_here(action, actor, ticket, after=after)


def drain(worker: WorkerProcess, *, actor: User) -> None:
    """Have a worker take nothing new and let go what it carries; it hears within a second."""
    _want(worker, WorkerProcess.Wish.DRAIN, "worker.drained", actor)


def undrain(worker: WorkerProcess, *, actor: User) -> None:
    """Let a worker take up work again."""
    _want(worker, WorkerProcess.Wish.WORK, "worker.undrained", actor)


def pause(tenant: Tenant, *, actor: User) -> None:
    """Admit nothing of a workspace any more.

    New runs queue up to its limit; what is carried goes on until it waits or ends, and what wakes
    meanwhile queues too.
    """
    _change(tenant, actor, "dispatch.paused", paused_at=timezone.now())


def unpause(tenant: Tenant, *, actor: User) -> None:
    """Let a paused workspace have its turns again."""
    _change(tenant, actor, "dispatch.resumed", paused_at=None)


def set_quotas(tenant: Tenant, quotas: Quotas, *, actor: User) -> None:
    """Say what a workspace may take up from now on; what goes on already goes on."""
    _change(tenant, actor, "dispatch.quotas_changed", **quotas.as_json())


def load_of(tenant: Tenant) -> TenantLoad:
    """Return the load of a workspace, with the defaults where nothing was said yet."""
    with public_scope():
        found = TenantLoad.objects.filter(role=tenant.role_name).first()
        return found or TenantLoad(role=tenant.role_name)


@transaction.atomic
def _change(tenant: Tenant, actor: User, action: str, **changes: object) -> None:
    before = load_of(tenant)
    told = {name: getattr(before, name) for name in changes}
    with public_scope():
        TenantLoad.objects.update_or_create(role=tenant.role_name, defaults=changes)
        record(action, actor=actor, target=tenant, before=told, after=changes)
    with _at(tenant, actor) as staff:
        record(action, actor=staff, target=tenant, before=told, after=changes)


def _want(worker: WorkerProcess, wish: str, action: str, actor: User) -> None:
    with public_scope(), transaction.atomic():
        WorkerProcess.objects.filter(pk=worker.pk).update(wanted=wish)
        record(action, actor=actor, target=worker)


def record_here(action: str, actor: User, target: Model, after: JSONDict | None = None) -> None:
    """Write an act into the platform's own trail."""
    with public_scope():
        record(action, actor=actor, target=target, after=after)


def _tenant_of(ticket: Ticket) -> Tenant:
    with public_scope():
        return Tenant.objects.get(role_name=ticket.role)


@contextmanager
def _at(tenant: Tenant, actor: User) -> Iterator[Staff]:
    """Work in a workspace in one transaction, as staff."""
    with tenant_context(tenant), transaction.atomic():
        yield Staff(actor.email)

"""Figures of a workspace for those who run the platform; nothing of its content."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.db.models import Max, Sum
from django.utils import timezone

from apps.accounts.models import User
from apps.dashboard.activity import LOST
from apps.dispatch.gate import Limits, limits_of
from apps.dispatch.models import Ticket
from apps.dispatch.operations import load_of
from apps.files.models import Blob
from apps.runs.models import Run
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Facts:
    """Health and usage of one workspace."""

    people: int
    workflows: int
    runs: int  # of seven days
    failed: int
    stored: int  # bytes
    last: datetime | None


@dataclass(frozen=True)
class Load:
    """What a workspace takes up now, and what it may; None is what every workspace has."""

    running: int
    queued: int
    is_paused: bool
    limits: Limits  # that hold
    max_running: int | None
    max_queued: int | None
    max_outside: int | None
    weight: int


def facts_of(tenant: Tenant) -> Facts | None:
    """Read the figures in the workspace's own schema; None if it cannot be read."""
    week = timezone.now() - timedelta(days=7)
    try:
        with tenant_context(tenant):
            runs = Run.objects.filter(created_at__gte=week)
            signed_in = User.objects.aggregate(last=Max("last_login"))["last"]
            ran = Run.objects.aggregate(last=Max("created_at"))["last"]
            return Facts(
                people=User.objects.members().count(),
                workflows=Workflow.objects.current().count(),
                runs=runs.count(),
                failed=runs.filter(status__in=LOST).count(),
                stored=Blob.objects.present().aggregate(bytes=Sum("size"))["bytes"] or 0,
                last=max((moment for moment in (signed_in, ran) if moment), default=None),
            )
    except DatabaseError:
        logger.exception("The schema of %s cannot be read", tenant.slug)
        return None


def load_now(tenant: Tenant) -> Load:
    """Read how a workspace stands with its limits."""
    load = load_of(tenant)
    with public_scope():
        own = Ticket.objects.filter(role=tenant.role_name)
        running, queued = own.active().count(), own.queued().count()
    return Load(
        running,
        queued,
        load.paused_at is not None,
        limits_of(load),
        load.max_running,
        load.max_queued,
        load.max_outside,
        load.weight,
    )

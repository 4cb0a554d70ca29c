"""The platform staff's view of the workspaces: who is there, whether they work, and the switch."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin, messages
from django.db import DatabaseError
from django.db.models import Max, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.common.templatetags import look
from apps.dashboard.activity import LOST
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import resume_tenant, suspend_tenant
from apps.workflows.models import Workflow

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Facts:
    """Health and usage of one workspace; figures only, nothing of its content."""

    people: int
    workflows: int
    runs: int  # of seven days
    failed: int
    last: datetime | None


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
                last=max((moment for moment in (signed_in, ran) if moment), default=None),
            )
    except DatabaseError:
        logger.exception("The schema of %s cannot be read", tenant.slug)
        return None


@admin.register(Tenant)
class TenantAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not a generic at run time
    """Workspaces are made by sign-up and changed through services, never edited here."""

    list_display = (
        "name",
        "host",
        "state",
        "people",
        "workflows",
        "runs",
        "activity",
        "created_at",
    )
    list_filter = ("status",)
    search_fields = ("name", "slug")
    list_per_page = 25
    ordering = ("name",)
    actions = ("suspend", "resume")
    readonly_fields = ("id", "name", "slug", "schema_name", "role_name", "status", "created_at")
    fields = readonly_fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="State", ordering="status")
    def state(self, tenant: Tenant) -> SafeString:
        """Suspended, not readable, or working."""
        if tenant.status == Tenant.Status.SUSPENDED:
            return format_html('<span class="pill">{}</span>', "Suspended")
        if self._facts(tenant) is None:
            return format_html('<span class="pill bad">{}</span>', "Not readable")
        return format_html('<span class="pill ok">{}</span>', "Working")

    @admin.display(description="People")
    def people(self, tenant: Tenant) -> str:
        """How many members there are."""
        facts = self._facts(tenant)
        return look.thousands(facts.people if facts else None)

    @admin.display(description="Workflows")
    def workflows(self, tenant: Tenant) -> str:
        """How many workflows are in use."""
        facts = self._facts(tenant)
        return look.thousands(facts.workflows if facts else None)

    @admin.display(description="Runs, 7 d")
    def runs(self, tenant: Tenant) -> str:
        """How many runs there were, and how many of them failed."""
        facts = self._facts(tenant)
        if facts is None:
            return look.NOTHING
        return f"{facts.runs:,}, {facts.failed:,} failed" if facts.failed else f"{facts.runs:,}"

    @admin.display(description="Last activity")
    def activity(self, tenant: Tenant) -> SafeString | str:
        """When somebody signed in or something ran."""
        facts = self._facts(tenant)
        return look.ago(facts.last if facts else None)

    @admin.action(description="Suspend: nobody can work there, nothing is lost")
    def suspend(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        """Suspend each through its service."""
        for tenant in tenants:
            suspend_tenant(tenant)
        messages.success(request, f"{len(tenants)} suspended.")

    @admin.action(description="Resume")
    def resume(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> None:
        """Let each go on through its service."""
        for tenant in tenants:
            resume_tenant(tenant)
        messages.success(request, f"{len(tenants)} resumed.")

    def _facts(self, tenant: Tenant) -> Facts | None:
        """Read the figures once for each row."""
        if not hasattr(tenant, "facts"):
            tenant.facts = facts_of(tenant)
        facts: Facts | None = tenant.facts
        return facts

"""The staff's console: workspaces, the keys with which programs do the same, and deletions."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.errors import DomainError
from apps.common.templatetags import look
from apps.operators import (
    end_admin,  # noqa: F401 - registers
    key_admin,  # noqa: F401 - registers
    services,
    support_admin,  # noqa: F401 - registers
)
from apps.operators.console import Console, actor_of
from apps.operators.facts import Facts, facts_of
from apps.operators.forms import ReasonForm, WorkspaceForm
from apps.tenants.models import Tenant

PILLS: dict[str, tuple[str, str]] = {
    Tenant.Status.SUSPENDED: ("", "Suspended"),
    Tenant.Status.DELETING: ("bad", "Being deleted"),
}


@admin.register(Tenant)
class TenantAdmin(Console):
    """Workspaces are made and changed through services, never edited here."""

    form = WorkspaceForm
    list_display = (
        "workspace",
        "state",
        "people",
        "workflows",
        "runs",
        "activity",
        "made",
    )
    list_filter = ("status",)
    search_fields = ("name", "slug")
    ordering = ("name",)
    actions = ("suspend", "resume")
    asked = ("name", "slug", "owner_email")
    shown = ("name", "host", "state", "schema_name", "role_name", "created_at")

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Make it by the service, which invites its owner."""
        made = services.open_workspace(
            name=obj.name,
            slug=obj.slug,
            owner_email=form.cleaned_data["owner_email"],
            actor=actor_of(request),
        )
        obj.pk = made.pk

    @admin.display(description="Workspace", ordering="name")
    def workspace(self, tenant: Tenant) -> SafeString:
        """Name and slug."""
        return format_html('{} <span class="quiet">{}</span>', tenant.name, tenant.slug)

    @admin.display(description="State", ordering="status")
    def state(self, tenant: Tenant) -> SafeString:
        """Suspended, on its way out, not readable, or working."""
        if tenant.status in PILLS:
            return format_html('<span class="pill {}">{}</span>', *PILLS[tenant.status])
        if tenant.deletes_at:
            ends = f"Deleted {tenant.deletes_at:%-d %b}"
            return format_html('<span class="pill warn">{}</span>', ends)
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

    @admin.display(description="Made", ordering="created_at")
    def made(self, tenant: Tenant) -> str:
        """The day on which it was made."""
        return f"{tenant.created_at:%-d %b %Y}"

    @admin.action(description="Suspend: nobody can work there, nothing is lost")
    def suspend(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> HttpResponse | None:
        """Ask for the reason, then close each."""
        return self._turned(request, tenants, "suspend", services.suspend)

    @admin.action(description="Resume: let them work again")
    def resume(self, request: HttpRequest, tenants: QuerySet[Tenant]) -> HttpResponse | None:
        """Ask for the reason, then open each."""
        return self._turned(request, tenants, "resume", services.resume)

    def _turned(
        self,
        request: HttpRequest,
        tenants: QuerySet[Tenant],
        name: str,
        turn: Callable[..., Tenant],
    ) -> HttpResponse | None:
        form = ReasonForm(request.POST if "reason" in request.POST else None)
        if not form.is_valid():
            context = {**self.admin_site.each_context(request), "title": name.capitalize(),
                       "form": form, "tenants": tenants, "action": name}  # fmt: skip
            return render(request, "admin/tenants/tenant/reason.html", context)
        for tenant in tenants:
            try:
                found = turn(tenant, reason=form.reason_given, actor=actor_of(request))
            except DomainError as error:
                messages.error(request, f"{tenant}: {error.detail}")
            else:
                messages.success(request, f"{tenant} is {found.status}.")
        return None

    def _facts(self, tenant: Tenant) -> Facts | None:
        """Read the figures once for each row."""
        if not hasattr(tenant, "facts"):
            tenant.facts = facts_of(tenant)
        facts: Facts | None = tenant.facts
        return facts

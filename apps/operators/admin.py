"""The staff's console of workspaces, and the keys with which programs do the same."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.cache import never_cache

from apps.accounts import proof
from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.common.templatetags import look
from apps.dispatch.admin import ReadOnly
from apps.operators import keys, services
from apps.operators.facts import Facts, facts_of
from apps.operators.forms import PlatformKeyForm, ReasonForm, WorkspaceForm
from apps.operators.models import PlatformKey
from apps.tenants.models import Tenant

PILLS = {Tenant.Status.SUSPENDED: ("", "Suspended")}


@admin.register(Tenant)
class TenantAdmin(ReadOnly):
    """Workspaces are made and changed through services, never edited here."""

    form = WorkspaceForm
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
    ordering = ("name",)
    actions = ("suspend", "resume")
    shown = ("name", "host", "state", "schema_name", "role_name", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else ("name", "slug", "owner_email")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else ()

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:
        """Make it by the service, which invites its owner."""
        made = services.open_workspace(
            name=obj.name,
            slug=obj.slug,
            owner_email=form.cleaned_data["owner_email"],
            actor=actor_of(request),
        )
        obj.pk = made.pk

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""

    @admin.display(description="State", ordering="status")
    def state(self, tenant: Tenant) -> SafeString:
        """Suspended, not readable, or working."""
        if tenant.status in PILLS:
            return format_html(
                '<span class="pill {}">{}</span>', *PILLS[Tenant.Status(tenant.status)]
            )
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
                turn(tenant, reason=form.reason_given, actor=actor_of(request))
            except DomainError as error:
                messages.error(request, f"{tenant}: {error.detail}")
            else:
                messages.success(
                    request, f"{tenant}: {name}d." if name[-1] == "e" else f"{tenant}: {name}ed."
                )
        return None

    def _facts(self, tenant: Tenant) -> Facts | None:
        """Read the figures once for each row."""
        if not hasattr(tenant, "facts"):
            tenant.facts = facts_of(tenant)
        facts: Facts | None = tenant.facts
        return facts


@admin.register(PlatformKey)
class PlatformKeyAdmin(ReadOnly):
    """Keys to the platform API: of a key nobody sees more than how it begins."""

    form = PlatformKeyForm
    list_display = ("name", "begins", "user", "may", "state", "used", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "key_id", "user__email")
    ordering = ("-created_at",)
    actions = ("revoke",)
    shown = ("name", "begins", "user", "may", "state", "used", "expires_at", "created_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else ("name", "scopes", "life")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return self.shown if obj else ()

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a fresh proof before a key is made."""
        if not proof.is_fresh(request.session):
            return proof.ask(request, keep=False)
        shown: Callable[..., HttpResponse] = never_cache(super().add_view)
        return shown(request, form_url, extra_context)

    def save_form(self, request: HttpRequest, form: ModelForm, change: bool) -> PlatformKey:  # type: ignore[type-arg]
        """Make the key by the service; its text is on the page that follows, and never again."""
        assert isinstance(form, PlatformKeyForm)
        key, self_text = keys.create_key(
            name=form.cleaned_data["name"],
            scopes=form.cleaned_data["scopes"],
            expires_at=form.expires_at,
            actor=actor_of(request),
        )
        request.key_text = self_text  # type: ignore[attr-defined]
        form.save_m2m = lambda: None  # type: ignore[method-assign]
        return key

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave it to the service, which has made it."""

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""

    def response_add(
        self, request: HttpRequest, obj: PlatformKey, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Show the text of the key, once."""
        context = {**self.admin_site.each_context(request), "title": "Copy the key now",
                   "key": obj, "text": request.key_text}  # type: ignore[attr-defined]  # fmt: skip
        return render(request, "admin/operators/platformkey/made.html", context)

    @admin.display(description="Begins with", ordering="key_id")
    def begins(self, key: PlatformKey) -> SafeString:
        """What tells keys apart and opens nothing."""
        return format_html('<span class="mono">{}…</span>', key.prefix)

    @admin.display(description="May")
    def may(self, key: PlatformKey) -> str:
        """Its scopes."""
        return ", ".join(key.scopes)

    @admin.display(description="State", ordering="expires_at")
    def state(self, key: PlatformKey) -> SafeString:
        """Whether it works."""
        colour = "ok" if key.state == "active" else ""
        return format_html('<span class="pill {}">{}</span>', colour, key.state.capitalize())

    @admin.display(description="Last used", ordering="last_used_at")
    def used(self, key: PlatformKey) -> SafeString | str:
        """When a program last came with it."""
        return look.ago(key.last_used_at)

    @admin.action(description="Revoke: they stop working at once")
    def revoke(self, request: HttpRequest, chosen: QuerySet[PlatformKey]) -> None:
        """End each by the service."""
        with transaction.atomic():
            for key in chosen:
                keys.revoke_key(key, actor=actor_of(request))
        messages.success(request, f"{len(chosen)} revoked.")


def actor_of(request: HttpRequest) -> User:
    """Return who acts, as the trail names them: the request holds a lazy stand-in."""
    user: User = User.objects.get(pk=request.user.pk)
    return user

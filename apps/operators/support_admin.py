"""Support accesses in the staff's console: asking, coming in, leaving."""

from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.errors import DomainError
from apps.common.templatetags import look
from apps.operators import support
from apps.operators.console import Console, actor_of
from apps.operators.forms import SupportForm
from apps.operators.models import SupportAccess

PILLS = {"Let in": "ok", "Asked": "warn", "Refused": "bad"}


@admin.register(SupportAccess)
class SupportAdmin(Console):
    """The only way from here to what a workspace holds: its own people let somebody in."""

    form = SupportForm
    list_display = ("workspace", "word", "staff_email", "reason", "until", "door")
    list_filter = ("state",)
    list_select_related = ("tenant",)
    search_fields = ("tenant__name", "tenant__slug", "staff_email", "reason")
    ordering = ("-created_at",)
    actions = ("leave",)
    asked = ("slug", "reason", "hours")
    proof_asked = True
    shown = (
        "workspace", "word", "staff_email", "reason", "hours", "role", "decided_by", "created_at",
        "ends_at", "ended_at",
    )  # fmt: skip

    def get_urls(self) -> list[URLPattern]:
        """Add the door."""
        page = self.admin_site.admin_view(self.enter)
        return [path("<uuid:pk>/enter/", page, name="operators_support_enter"), *super().get_urls()]

    def save_form(self, request: HttpRequest, form: ModelForm, change: bool) -> SupportAccess:  # type: ignore[type-arg]
        """Ask by the service."""
        assert isinstance(form, SupportForm)
        form.save_m2m = lambda: None  # type: ignore[method-assign]
        asked = {name: form.cleaned_data[name] for name in ("reason", "hours")}
        return support.ask(form.found, **asked, actor=actor_of(request))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Leave it to the service, which has asked."""

    def enter(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Lead to the workspace by a link that is good once; looking shows a button."""
        access = get_object_or_404(SupportAccess.objects.select_related("tenant"), pk=pk)
        if request.method != "POST":
            context = {**self.admin_site.each_context(request), "title": "Enter", "access": access}
            return render(request, "admin/operators/supportaccess/enter.html", context)
        try:
            return redirect(support.entrance(access, actor=actor_of(request)))
        except DomainError as error:
            messages.error(request, error.detail)
            return redirect("admin:operators_supportaccess_changelist")

    @admin.display(description="Workspace", ordering="tenant__name")
    def workspace(self, access: SupportAccess) -> SafeString:
        """Name and slug."""
        tenant = access.tenant
        return format_html('{} <span class="quiet">{}</span>', tenant.name, tenant.slug)

    @admin.display(description="State", ordering="state")
    def word(self, access: SupportAccess) -> SafeString:
        """How it stands."""
        colour = PILLS.get(access.word, "")
        return format_html('<span class="pill {}">{}</span>', colour, access.word)

    @admin.display(description="Until", ordering="ends_at")
    def until(self, access: SupportAccess) -> str:
        """When it ends by itself, or how long is asked for."""
        return f"{access.ends_at:%-d %b, %H:%M}" if access.ends_at else f"{access.hours} h"

    @admin.display(description="Door")
    def door(self, access: SupportAccess) -> SafeString | str:
        """The way in, for the one who asked."""
        if not access.is_live:
            return look.NOTHING
        address = reverse("admin:operators_support_enter", args=[access.pk])
        return format_html('<a href="{}">Enter</a>', address)

    @admin.action(description="Leave: end them, or take the wish back")
    def leave(self, request: HttpRequest, accesses: QuerySet[SupportAccess]) -> None:
        """End each by the service."""
        for access in accesses.select_related("tenant"):
            try:
                support.leave(access, actor=actor_of(request))
            except DomainError as error:
                messages.error(request, f"{access}: {error.detail}")
            else:
                messages.success(request, f"{access}: over.")

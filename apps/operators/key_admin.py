"""Platform keys in the staff's console."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common.templatetags import look
from apps.operators import keys
from apps.operators.console import Console, actor_of
from apps.operators.forms import PlatformKeyForm
from apps.operators.models import PlatformKey


@admin.register(PlatformKey)
class PlatformKeyAdmin(Console):
    """Keys to the platform API: of a key nobody sees more than how it begins."""

    form = PlatformKeyForm
    list_display = ("name", "begins", "user", "may", "state", "used", "expires_at")
    list_select_related = ("user",)
    search_fields = ("name", "key_id", "user__email")
    ordering = ("-created_at",)
    actions = ("revoke",)
    asked = ("name", "scopes", "life")
    proof_asked = True
    shown = ("name", "begins", "user", "may", "state", "used", "expires_at", "created_at")

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

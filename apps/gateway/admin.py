"""The platform's providers in the staff's console: their keys, and whom they are lent to."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.accounts.models import User
from apps.common.templatetags import look
from apps.gateway.exceptions import ModelsUnknown
from apps.gateway.platform import services
from apps.gateway.platform.forms import GrantForm, PlatformProviderForm
from apps.gateway.platform.importing import import_models
from apps.grants.models import Grant, PlatformProvider

MOST_TRIED = 10  # at once: each waits for its provider


class Written(admin.ModelAdmin):  # type: ignore[type-arg]  # not a generic at run time
    """A list whose changes go through services, which write them down."""

    list_per_page = 25
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    actions: Any = None  # those of the stock site go past the services

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Head the list with what it lists."""
        title = str(self.opts.verbose_name_plural).capitalize()
        answer: HttpResponse = super().changelist_view(
            request, {"title": title, **(extra_context or {})}
        )
        return answer

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> None:  # type: ignore[override]
        """Leave it to the audit trail."""

    def log_deletion(self, request: HttpRequest, object: Any, object_repr: str) -> None:  # type: ignore[override]  # noqa: A002
        """Leave it to the audit trail."""


@admin.register(PlatformProvider)
class PlatformProviderAdmin(Written):
    """Providers of the platform; of a key nobody sees more than its end."""

    form = PlatformProviderForm
    list_display = ("name", "state", "key_end", "default_model", "lent_to")
    search_fields = ("name", "base_url")
    list_filter = ("status",)
    actions = ("try_", "import_")

    @admin.action(description="Try: ask each something small, with the platform's key")
    def try_(self, request: HttpRequest, providers: QuerySet[PlatformProvider]) -> None:
        """Say of each how a real call went."""
        for provider in providers[:MOST_TRIED]:
            self._try(request, provider)

    @admin.action(description="Import: ask each for its models, a LiteLLM proxy for their prices")
    def import_(self, request: HttpRequest, providers: QuerySet[PlatformProvider]) -> None:
        """Say of each what it told."""
        for provider in providers[:MOST_TRIED]:
            try:
                done = import_models(provider, actor=_actor(request))
            except ModelsUnknown as error:
                self.message_user(request, f"{provider}: {error}", messages.ERROR)
                continue
            said = f"{provider}: {done.models} models, {done.prices} with their prices."
            self.message_user(request, said, messages.SUCCESS)
            if done.problem:
                self.message_user(request, f"{provider}: {done.problem}", messages.WARNING)

    @admin.display(description="State")
    def state(self, provider: PlatformProvider) -> SafeString:
        """Whether it may be asked, and if not, why."""
        if provider.status == PlatformProvider.Status.ACTIVE:
            return format_html('<span class="pill ok">{}</span>', "Ready")
        if provider.disabled_reason:
            return format_html('<span class="pill bad">Key {}</span>', provider.disabled_reason)
        return format_html('<span class="pill">{}</span>', "Disabled")

    @admin.display(description="Key")
    def key_end(self, provider: PlatformProvider) -> SafeString | str:
        """Its last signs."""
        if not provider.sealed:
            return look.NOTHING
        return format_html('<span class="mono">…{}</span>', provider.last4)

    @admin.display(description="Lent to")
    def lent_to(self, provider: PlatformProvider) -> str:
        """How many workspaces may use it."""
        return f"{provider.grants.count():,}"

    def save_model(
        self, request: HttpRequest, obj: PlatformProvider, form: Any, change: bool
    ) -> None:
        """Keep it by the service."""
        key = form.cleaned_data["key"]
        services.save_provider(obj, actor=_actor(request), key=key)
        if key and obj.status == PlatformProvider.Status.ACTIVE:
            transaction.on_commit(lambda: self._try(request, obj))

    def _try(self, request: HttpRequest, provider: PlatformProvider) -> None:
        """Make a real call, and show in words how it went; never under a database transaction."""
        trial = services.try_provider(provider, actor=_actor(request))
        level = messages.SUCCESS if trial.ok else messages.ERROR
        # The hints are for workspaces: staff enter keys here.
        said = trial.message if trial.ok else f"{provider}: {trial.message}"
        self.message_user(request, said, level)

    def delete_model(self, request: HttpRequest, obj: PlatformProvider) -> None:
        """Remove it by the service, which takes it from those it is lent to."""
        services.delete_provider(obj, actor=_actor(request))


@admin.register(Grant)
class GrantAdmin(Written):
    """What each workspace may use of the platform's providers, and what it used."""

    form = GrantForm
    list_display = ("tenant", "provider", "today", "this_month", "only")
    list_display_links = ("tenant",)
    list_filter = ("provider",)
    list_select_related = ("tenant", "provider")
    search_fields = ("tenant__name", "tenant__slug", "provider__name")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return ("provider", "tenant") if obj else ()

    @admin.display(description="Tokens today")
    def today(self, grant: Grant) -> str:
        """How many tokens it used, and how many it may."""
        used = grant.day_tokens if grant.day == datetime.now(UTC).date() else 0
        return f"{used:,} of {grant.tokens_a_day:,}" if grant.tokens_a_day else f"{used:,}"

    @admin.display(description="Dollars this month")
    def this_month(self, grant: Grant) -> str:
        """What it used at delivered prices, and what it may."""
        month = datetime.now(UTC).date().replace(day=1)
        used = look.money(grant.month_usd if grant.month == month else 0)
        return f"{used} of {look.money(grant.usd_a_month)}" if grant.usd_a_month else used

    @admin.display(description="Models")
    def only(self, grant: Grant) -> str:
        """Which models it may ask."""
        return ", ".join(grant.patterns) or "all"

    def save_model(self, request: HttpRequest, obj: Grant, form: Any, change: bool) -> None:
        """Lend it by the service."""
        services.save_grant(obj, actor=_actor(request))

    def delete_model(self, request: HttpRequest, obj: Grant) -> None:
        """Withdraw it by the service."""
        services.withdraw(obj, actor=_actor(request))


def _actor(request: HttpRequest) -> User:
    """Return who acts, as the trail names them: the request holds a lazy stand-in."""
    user: User = User.objects.get(pk=request.user.pk)
    return user

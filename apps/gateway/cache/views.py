"""What pages let people decide about kept answers."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError
from apps.gateway.cache import services
from apps.gateway.models import LlmCall, ModelRoute

TERMS = [
    ("", "Never"),
    ("300", "5 minutes"),
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("604800", "7 days"),
    ("2592000", "30 days"),
]


class CacheForm(forms.Form):
    """How long a route gives an answer again."""

    ttl_s = forms.TypedChoiceField(
        label="Give an answer again for",
        choices=TERMS,
        coerce=int,
        empty_value=None,
        required=False,
    )
    varied = forms.BooleanField(
        label="Also where the temperature is above 0",
        required=False,
        help_text="The same question is then always answered alike.",
    )

    @classmethod
    def of(cls, route: ModelRoute) -> "CacheForm":
        """Return the form with what holds now; a term that the API set stays among the choices."""
        form = cls(initial={"ttl_s": route.cache_ttl_s, "varied": route.cache_varied})
        form.offer(route.cache_ttl_s)
        return form

    def offer(self, ttl_s: int | None) -> None:
        """Offer a term beside the usual ones."""
        field = self.fields["ttl_s"]
        assert isinstance(field, forms.TypedChoiceField)
        if ttl_s is not None and str(ttl_s) not in dict(TERMS):
            field.choices = [*TERMS, (str(ttl_s), f"{ttl_s:,} seconds")]


@require_POST
@permission_required("provider.manage")
def set_cache(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Let a route keep answers, or no more."""
    route = policies.find(request.user, ModelRoute.objects.all(), alias=alias)
    form = CacheForm(request.POST)
    form.offer(route.cache_ttl_s)
    if form.is_valid():
        services.set_cache(route, actor=request.user, **form.cleaned_data)
        messages.success(request, "Saved: the next call follows it.")
    else:
        messages.error(request, "Choose how long an answer may be given again.")
    return redirect("gateway:route", alias)


@require_POST
@permission_required("provider.manage")
def purge_cache(request: AuthenticatedRequest, alias: str) -> HttpResponse:
    """Forget all that a route has cached."""
    route = policies.find(request.user, ModelRoute.objects.all(), alias=alias)
    services.purge_cache(route, actor=request.user)
    messages.success(request, "All kept answers of this route are forgotten.")
    return redirect("gateway:route", alias)


@require_POST
@permission_required("model.call")
def evict_answer(request: AuthenticatedRequest, call_id: UUID) -> HttpResponse:
    """Say that the answer of a call was wrong: it is not given again."""
    call = policies.find(request.user, LlmCall.objects.all(), pk=call_id)
    try:
        services.evict_answer(call, actor=request.user)
        messages.success(request, "That answer is forgotten. The next one who asks gets a new one.")
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("gateway:calls")

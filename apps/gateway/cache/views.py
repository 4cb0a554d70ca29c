"""What pages let people decide about kept answers."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError
from apps.common.forms import blame
from apps.gateway.cache import services
from apps.gateway.cache.similar import shelves
from apps.gateway.forms import MONO
from apps.gateway.models import ACCEPTED_ERROR, LlmCall, ModelRoute
from apps.gateway.targets import router

TERMS = [
    ("", "Never"),
    ("300", "5 minutes"),
    ("3600", "1 hour"),
    ("86400", "1 day"),
    ("604800", "7 days"),
    ("2592000", "30 days"),
]


class CacheForm(forms.Form):
    """How long a route gives an answer again, and whether to similar questions too."""

    taught = ""  # what was learnt so far, in words
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
    ahead = forms.BooleanField(
        label="Ask ahead of schedules",
        required=False,
        help_text="What two runs of a workflow asked alike is asked anew shortly before its schedule "
        "fires, if the answer would not be kept until then. Only at temperature 0.",
    )
    embedder = forms.CharField(
        label="Route or model that tells what is similar",
        max_length=264,
        required=False,
        widget=forms.TextInput({**MONO, "list": "embedders", "autocomplete": "off"}),
        help_text="One that makes vectors of texts, a route or provider/model. Empty: only exactly the "
        "same question is given a kept answer.",
    )
    accepted_percent = forms.DecimalField(
        label="Accepted share of wrong answers to similar questions, in percent",
        required=False,
        min_value=Decimal(str(services.LEAST_ERROR * 100)),
        max_value=Decimal(str(services.MOST_ERROR * 100)),
        decimal_places=2,
    )

    @classmethod
    def of(cls, route: ModelRoute) -> "CacheForm":
        """Return the form with what holds now; a term that the API set stays among the choices."""
        now = {"ttl_s": route.cache_ttl_s, "varied": route.cache_varied}
        now["ahead"] = route.cache_ahead
        percent = Decimal(str(round(route.cache_error * 100, 2))).normalize()
        form = cls(
            initial={**now, "embedder": route.cache_embedder, "accepted_percent": f"{percent:f}"}
        )
        form.offer(route.cache_ttl_s)
        form.taught = _taught(route)
        return form

    @property
    def embedders(self) -> list[str]:
        """Routes, and models whose name says that they make vectors."""
        table = router.load()
        return [*sorted(table.routes), *(each for each in table.models if "embed" in each)]

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        data = dict(self.cleaned_data)
        percent = data.pop("accepted_percent")
        error = ACCEPTED_ERROR if percent is None else float(percent) / 100
        return {**data, "accepted_error": error}

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
    if not form.is_valid():
        messages.error(request, _what_is_wrong(form))
        return redirect("gateway:route", alias)
    try:
        services.set_cache(route, actor=request.user, **form.values)
        messages.success(request, "Saved: the next call follows it.")
    except DomainError as error:
        blame(form, error)
        messages.error(request, _what_is_wrong(form))
    return redirect("gateway:route", alias)


def _taught(route: ModelRoute) -> str:
    if not route.cache_embedder:
        return ""
    compared, wrong = shelves.counts_of(router.load().plan(route.alias))
    if not compared:
        return "Nothing is compared yet."
    return f"Compared so far: {compared:,} answers, of which {wrong:,} said something else."


def _what_is_wrong(form: CacheForm) -> str:
    if "ttl_s" in form.errors:
        return "Choose how long an answer may be given again."
    named = {name: f"{field.label}: " for name, field in form.fields.items()}
    return " ".join(f"{named.get(name, '')}{said[0]}" for name, said in form.errors.items())


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

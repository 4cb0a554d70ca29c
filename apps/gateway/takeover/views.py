"""The page on which a LiteLLM proxy's configuration is taken over: looked at first, then made.

Between the two nothing is kept here: the file goes back to the browser sealed, for this person alone.
"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError
from apps.common.forms import blame
from apps.gateway.exceptions import BadConfig
from apps.gateway.models import ModelRoute, Provider
from apps.gateway.takeover import services
from apps.gateway.takeover.draft import Draft
from apps.gateway.takeover.forms import ConfigForm, SecretsForm
from apps.gateway.takeover.reading import read
from apps.gateway.views import form_page, words_of
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import seal, unseal


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def take_over(request: AuthenticatedRequest) -> HttpResponse:
    """Read a configuration and show what would become of it; with what was shown, make it."""
    if request.POST.get("sealed"):
        return _make(request, request.POST["sealed"])
    form = ConfigForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        try:
            draft = read(text)
            return _preview(request, draft, text, SecretsForm(draft.variables))
        except DomainError as error:
            form.add_error("file" if form.cleaned_data["file"] else "text", words_of(error))
    return form_page(request, "gateway/takeover/file.html", form=form)


def _make(request: AuthenticatedRequest, sealed: str) -> HttpResponse:
    try:
        text = unseal(sealed, context=_context(request))
        draft = read(text)
    except (CannotUnseal, BadConfig):
        messages.error(request, "What was shown cannot be read any more. Choose the file again.")
        return redirect("gateway:take_over")
    form = SecretsForm(draft.variables, request.POST)
    if form.is_valid():
        try:
            made = services.take_over(
                draft, actor=request.user, secrets=form.given, replace=form.cleaned_data["replace"]
            )
            told = f"{len(made.providers)} providers and {len(made.routes)} routes are taken over."
            messages.success(request, f"{told} Test each provider on its page.")
            return redirect("gateway:providers")
        except DomainError as error:
            blame(form, error)
    return _preview(request, draft, text, form, status=422)


def _preview(
    request: AuthenticatedRequest, draft: Draft, text: str, form: SecretsForm, status: int = 200
) -> HttpResponse:
    known = set(ModelRoute.objects.filter(alias__in=draft.routes).values_list("alias", flat=True))
    addresses = [each.address for each in draft.providers]
    there = set(
        Provider.objects.filter(base_url__in=addresses, grant_id=None).values_list(
            "base_url", flat=True
        )
    )
    context = {
        "draft": draft,
        "routes": [(each, each.alias in known) for each in draft.routes.values() if each.targets],
        "providers": [(each, each.address in there) for each in draft.providers],
        "replaces": bool(known),
        "form": form,
        "sealed": seal(text, context=_context(request)),
    }
    return render(request, "gateway/takeover/preview.html", context, status=status)


def _context(request: AuthenticatedRequest) -> str:
    """Return what a sealed file is bound to: nobody else can hand it in."""
    return f"gateway.takeover:{request.user.pk}"

"""Pages of a provider's keys: one more, its place among the others, another secret, its end."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError, NotFound
from apps.common.forms import blame
from apps.gateway import services
from apps.gateway.models import Credential, Provider
from apps.gateway.providers import standing
from apps.gateway.providers.forms import KeyForm, NewKeyForm, SecretForm
from apps.gateway.upstreams import pools
from apps.gateway.views import form_page, tell_trial, words_of


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def new_key(request: AuthenticatedRequest, provider_id: UUID) -> HttpResponse:
    """Give a provider one more key, and show it to the provider at once."""
    provider = policies.find(request.user, Provider.objects.with_keys(), pk=provider_id)
    form = NewKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = pools.add_key(provider, actor=request.user, **form.cleaned_data)
            _try(request, made)
            return redirect("gateway:provider", provider.pk)
        except DomainError as error:
            blame(form, error)
    return form_page(request, "gateway/providers/key_new.html", provider=provider, form=form)


@require_http_methods(["GET", "POST"])
@permission_required("provider.manage")
def key(request: AuthenticatedRequest, provider_id: UUID, key_id: UUID) -> HttpResponse:
    """Show a key and its place among the others, which can be changed."""
    found = _find(request, provider_id, key_id)
    form = KeyForm(request.POST or None, initial=found.place)
    if request.method == "POST" and form.is_valid():
        try:
            pools.change_key(found, actor=request.user, changes=form.cleaned_data)
            messages.success(request, "The key is saved.")
            return redirect("gateway:provider", provider_id)
        except DomainError as error:
            blame(form, error)
    return _key_page(request, found, form=form)


@require_POST
@permission_required("provider.manage")
def rotate(request: AuthenticatedRequest, provider_id: UUID, key_id: UUID) -> HttpResponse:
    """Let another secret take a key's place, and show it to the provider at once."""
    found = _find(request, provider_id, key_id)
    secret_form = SecretForm(request.POST)
    if secret_form.is_valid():
        try:
            made = pools.rotate_key(found, actor=request.user, **secret_form.cleaned_data)
            _try(request, made)
            return redirect("gateway:provider", provider_id)
        except DomainError as error:
            blame(secret_form, error)
    return _key_page(request, found, secret_form=secret_form)


@require_POST
@permission_required("provider.manage")
def act_on_key(
    request: AuthenticatedRequest, provider_id: UUID, key_id: UUID, name: str
) -> HttpResponse:
    """Test, stop, use again or remove a key."""
    found = _find(request, provider_id, key_id)
    try:
        if name == "test":
            _try(request, found)
        elif name == "remove":
            pools.remove_key(found, actor=request.user)
            messages.success(request, "The key is removed.")
        else:
            status = Credential.Status.ACTIVE if name == "enable" else Credential.Status.DISABLED
            pools.change_key(found, actor=request.user, changes={"status": status})
            messages.success(
                request, "The key is used again." if name == "enable" else "The key is stopped."
            )
    except DomainError as error:
        messages.error(request, words_of(error))
    return redirect("gateway:provider", provider_id)


def _key_page(
    request: AuthenticatedRequest,
    found: Credential,
    form: KeyForm | None = None,
    secret_form: SecretForm | None = None,
) -> HttpResponse:
    form = form or KeyForm(initial=found.place)
    standings = standing.of(found.provider, actor=request.user)
    stands = next((each for each in standings if each.key == found), None)
    context = {"provider": found.provider, "key": found, "stands": stands}
    return form_page(
        request,
        "gateway/providers/key.html",
        form=form,
        secret_form=secret_form or SecretForm(),
        **context,
    )


def _find(request: AuthenticatedRequest, provider_id: UUID, key_id: UUID) -> Credential:
    provider = policies.find(request.user, Provider.objects.with_keys(), pk=provider_id)
    found = provider.credentials.select_related("provider").filter(pk=key_id).first()
    if found is None:
        raise NotFound
    return found


def _try(request: AuthenticatedRequest, key: Credential) -> None:
    provider = Provider.objects.get(pk=key.provider_id)  # with the keys that it has now
    tell_trial(request, services.try_provider(provider, actor=request.user, key=key))

"""Pages of credentials: the list, one of them with what uses it, and new ones."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required, proof_required_to_open
from apps.common.errors import DomainError, Invalid, NotFound
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.credentials import services
from apps.credentials.exceptions import CredentialUsed
from apps.credentials.filters import STATES, filtered, folder_choices
from apps.credentials.forms import DetailsForm, NewCredentialForm, RotateForm, TryForm
from apps.credentials.kinds import CHOICES, KINDS, Kind
from apps.credentials.models import StoredCredential, StoredCredentialQuerySet
from apps.credentials.sources import environment
from apps.credentials.trying import try_credential
from apps.credentials.uses import names_of, uses_of
from apps.dispatch import limits

VIEW, USE, MANAGE = "credential.view", "credential.use", "credential.manage"
FILTERS = ("kind", "source", "state", "folder")
RUNS_SHOWN = 10


@require_GET
@permission_required(VIEW)
def list_(request: AuthenticatedRequest) -> HttpResponse:
    """Show the credentials; search and filters are in the address."""
    seen = policies.visible(request.user, _credentials())
    problem, status = None, HTTPStatus.OK
    try:
        kept = filtered(seen, request.GET).order_by("name")
    except Invalid as error:
        problem, status, kept = error, HTTPStatus.UNPROCESSABLE_ENTITY, seen.none()
    page = page_of(request, kept)
    used = {each.last_workflow_id for each in page if each.last_workflow_id}
    context = {
        "credentials": page,
        "workflows": names_of(used, request.user),
        "total": seen.count(),
        "filters": {name: request.GET.get(name, "") for name in ("q", *FILTERS)},
        "applied": sum(bool(request.GET.get(name)) for name in FILTERS),
        "kind_choices": CHOICES,
        "source_choices": StoredCredential.Source.choices,
        "state_choices": list(STATES.items()),
        "folder_choices": folder_choices(request.user),
        "problem": problem,
        "may_manage": policies.holds_anywhere(request.user, MANAGE),
        "may_rotate": policies.holds(request.user, "workspace.manage"),
    }
    return render(request, "credentials/list.html", context, status=status)


@require_GET
@permission_required(MANAGE)
def choose(request: AuthenticatedRequest) -> HttpResponse:
    """Show the kinds that there are."""
    return render(request, "credentials/choose.html", {"kinds": KINDS.values()})


@require_http_methods(["GET", "POST"])
@permission_required(MANAGE)
@proof_required_to_open
def new(request: AuthenticatedRequest, kind: str) -> HttpResponse:
    """Take in the values of one kind."""
    if kind not in KINDS:
        raise NotFound
    source = _source(request, KINDS[kind])
    form = NewCredentialForm(
        request.POST or None, kind=KINDS[kind], actor=request.user, source=source
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_credential(actor=request.user, **form.told)
            messages.success(request, f"{made} is kept. Steps can use it now.")
            return redirect("credentials:detail", made.pk)
        except DomainError as error:
            form.blame(error)
    return _form(request, "credentials/new.html", form=form, kind=KINDS[kind])


@require_http_methods(["GET", "POST"])
@permission_required(VIEW)
def detail(request: AuthenticatedRequest, credential_id: UUID) -> HttpResponse:
    """Show a credential with what uses it; posting changes its details."""
    credential = _find(request, credential_id)
    if request.method == "GET":
        return _detail(request, credential)
    policies.check(request.user, "manage", credential)
    form = DetailsForm(request.POST, credential=credential, actor=request.user)
    if form.is_valid():
        try:
            services.change_credential(credential, actor=request.user, changes=form.cleaned_data)
            messages.success(request, "The details are saved.")
            return redirect("credentials:detail", credential.pk)
        except DomainError as error:
            blame(form, error)
    return _detail(request, credential, HTTPStatus.UNPROCESSABLE_ENTITY, details=form)


@require_http_methods(["GET", "POST"])
@permission_required(MANAGE)
@proof_required_to_open
def rotate(request: AuthenticatedRequest, credential_id: UUID) -> HttpResponse:
    """Take in another secret; here hosts can be added, too."""
    credential = _find(request, credential_id)
    policies.check(request.user, "manage", credential)
    source = _source(request, credential.shape)
    form = RotateForm(request.POST or None, credential=credential, source=source)
    if request.method == "POST" and form.is_valid():
        told: dict[str, Any] = {**form.values, "hosts": form.cleaned_data["hosts"]}
        try:
            services.rotate_credential(credential, actor=request.user, **told)
            messages.success(request, "The new secret is sent from the next request on.")
            return redirect("credentials:detail", credential.pk)
        except DomainError as error:
            form.blame(error)
    return _form(request, "credentials/rotate.html", form=form, credential=credential)


@require_POST
@permission_required(USE)
def try_out(request: AuthenticatedRequest, credential_id: UUID) -> HttpResponse:
    """Make a request with it and show what came of it."""
    credential = _find(request, credential_id)
    form, trial, status = TryForm(request.POST), None, HTTPStatus.OK
    if form.is_valid():
        try:
            trial = try_credential(credential, actor=request.user, **form.cleaned_data)
        except Invalid as error:
            form.add_error("url", " ".join(each["message"] for each in error.errors))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return _detail(request, credential, status, try_form=form, trial=trial)


@require_POST
@permission_required(MANAGE)
@proof_required
def act(request: AuthenticatedRequest, credential_id: UUID, name: str) -> HttpResponse:
    """Disable, enable or delete; deleting one that is used asks for a word more."""
    credential = _find(request, credential_id)
    if name != "delete":
        services.set_enabled(credential, actor=request.user, enabled=name == "enable")
        said = "Steps get it again." if name == "enable" else "Steps do not get it any more."
        messages.success(request, said)
        return redirect("credentials:detail", credential.pk)
    try:
        confirmed = request.POST.get("confirmed") == "on"
        services.delete_credential(credential, actor=request.user, confirmed=confirmed)
    except CredentialUsed as error:
        messages.error(request, error.detail)
        return redirect("credentials:detail", credential.pk)
    messages.success(request, f"{credential} is deleted.")
    return redirect("credentials:list")


def _source(request: AuthenticatedRequest, kind: type[Kind]) -> str:
    """Return where the secret is, as the address says; here where it cannot be there."""
    wanted = request.GET.get("source", "")
    if not kind.refers() or wanted not in StoredCredential.Source.values:
        return StoredCredential.Source.KEPT
    is_lent = wanted != StoredCredential.Source.ENV or environment.offered()
    return wanted if is_lent else StoredCredential.Source.KEPT


def _credentials() -> StoredCredentialQuerySet:
    return StoredCredential.objects.select_related("folder", "created_by")


def _find(request: AuthenticatedRequest, credential_id: UUID) -> StoredCredential:
    return policies.find(request.user, _credentials(), pk=credential_id)


def _detail(
    request: AuthenticatedRequest, credential: StoredCredential, status: int = 200, **forms: Any
) -> HttpResponse:
    runs = list(credential.uses.order_by("-created_at")[:RUNS_SHOWN])
    named = {each.workflow_id for each in runs}
    able = {verb: policies.allows(request.user, verb, credential) for verb in ("use", "manage")}
    context = {
        "credential": credential,
        "calls": limits.use_of(credential.pk) if credential.max_calls else None,
        "uses": uses_of(credential.pk, request.user),
        "runs": runs,
        "workflows": names_of(named, request.user),
        "may_use": able["use"],
        "may_manage": able["manage"],
        "try_form": TryForm(),
        **forms,
    }
    if able["manage"]:
        details = DetailsForm(credential=credential, actor=request.user)
        context.setdefault("details", details)
    return render(request, "credentials/detail.html", context, status=status)


def _form(request: AuthenticatedRequest, template: str, **context: Any) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if request.method == "POST" else HTTPStatus.OK
    lends = bool(environment.offered())
    return render(request, template, {**context, "lends": lends}, status=status)

"""The public site: from a wish to a workspace, and the way back to a forgotten one."""

from http import HTTPStatus

from django import forms
from django.contrib.auth import login
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from apps.accounts.decorators import public_page
from apps.common.errors import DomainError, TooMany
from apps.common.requests import client_ip
from apps.onboarding import limits, services
from apps.onboarding.arrival import arrival_path, user_arriving
from apps.onboarding.exceptions import ArrivalClosed, SignUpClosed
from apps.onboarding.forms import FindForm, FinishForm, SignUpForm, SlugField, suffix
from apps.tenants.addresses import workspace_url
from apps.tenants.context import tenant_context
from apps.tenants.services import SlugTaken


@public_page
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Take the wish for a workspace and mail a link."""
    form = SignUpForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            _count_mail(request, form.cleaned_data["email"])
            services.request_workspace(**form.cleaned_data)
            sent = {"email": form.cleaned_data["email"], "why": "create"}
            return render(request, "onboarding/sent.html", sent)
        except (TooMany, SlugTaken) as error:
            status = _refused(form, error)
    return render(
        request,
        "onboarding/start.html",
        {"form": form, "suffix": suffix()},
        status=_status(form, status),
    )


@public_page
@never_cache
@require_GET
def check_slug(request: HttpRequest) -> HttpResponse:
    """Say beside the field whether an address can be had."""
    limits.LOOKS_OF_A_SENDER.count(client_ip(request))
    slug = request.GET.get("slug", "").strip()
    message = ""
    try:
        SlugField().clean(slug)
    except ValidationError as error:
        message = error.messages[0] if slug else ""
    context = {"slug": slug, "message": message}
    return render(request, "onboarding/_slug.html", context)


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def finish(request: HttpRequest, token: str) -> HttpResponse:
    """Make the workspace of a followed link, and go there signed in."""
    try:
        limits.FINISHES_OF_A_SENDER.count(client_ip(request))
        sign_up = services.find_sign_up(token)
    except (SignUpClosed, TooMany) as error:
        return render(request, "onboarding/closed.html", {"error": error}, status=error.status)
    form = FinishForm(request.POST or None, email=sign_up.email, initial={"slug": sign_up.slug})
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        try:
            return _make(request, token, form)
        except SlugTaken as error:
            status = _refused(form, error)
    context = {"form": form, "sign_up": sign_up, "suffix": suffix()}
    return render(request, "onboarding/finish.html", context, status=_status(form, status))


@public_page
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """Have the list of one's workspaces mailed; the page says the same to everybody."""
    form = FindForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            _count_mail(request, email)
            services.ask_for_workspaces(email)
            return render(request, "onboarding/sent.html", {"email": email, "why": "find"})
        except TooMany as error:
            status = _refused(form, error)
    context = {"form": form}
    return render(request, "onboarding/find.html", context, status=_status(form, status))


@public_page
@never_cache
@require_GET
def arrive(request: HttpRequest, signed: str) -> HttpResponse:
    """Sign the owner of a new workspace in; on the workspace's own site."""
    try:
        user = user_arriving(signed)
    except ArrivalClosed:
        return redirect("account_login")
    login(request, user)
    return redirect("/")


def _make(request: HttpRequest, token: str, form: FinishForm) -> HttpResponse:
    data = form.cleaned_data
    tenant, owner = services.finish_sign_up(
        token, slug=data["slug"], owner_name=data["name"], password=data["password"]
    )
    with tenant_context(tenant):
        address = workspace_url(tenant) + arrival_path(owner)
    context = {"tenant": tenant, "address": address}
    return render(request, "onboarding/ready.html", context, status=HTTPStatus.CREATED)


def _count_mail(request: HttpRequest, email: str) -> None:
    limits.MAILS_OF_A_SENDER.count(client_ip(request))
    limits.MAILS_OF_AN_ADDRESS.count(email.lower())


def _refused(form: forms.Form, error: DomainError) -> HTTPStatus:
    """Put a refusal where the person looks."""
    form.add_error("slug" if isinstance(error, SlugTaken) else None, error.detail)
    return HTTPStatus(error.status)


def _status(form: forms.Form, status: HTTPStatus) -> HTTPStatus:
    if status is HTTPStatus.OK and form.errors:
        return HTTPStatus.UNPROCESSABLE_ENTITY
    return status

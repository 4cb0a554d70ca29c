"""Pages of where people are signed in, and of what the workspace asks of sign-ins."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies, services
from apps.accounts.decorators import (
    AuthenticatedRequest,
    member_required,
    permission_required,
)
from apps.accounts.models import SignIn, SignInRules, User
from apps.accounts.proof import proof_required
from apps.accounts.session_store import name_of
from apps.accounts.sign_in_forms import SignInRulesForm
from apps.common.errors import Invalid
from apps.common.forms import blame
from apps.common.pagination import page_of
from apps.common.requests import client_ip


@require_GET
@member_required
def own(request: AuthenticatedRequest) -> HttpResponse:
    """Show where one is signed in oneself."""
    return _sessions(request, request.user)


@require_GET
@permission_required("member.manage")
def of_member(request: AuthenticatedRequest, user_id: UUID) -> HttpResponse:
    """Show where a member is signed in."""
    return _sessions(request, _member(request, user_id))


def _sessions(request: AuthenticatedRequest, person: User) -> HttpResponse:
    text = request.GET.get("q", "").strip().lower()
    everything = SignIn.objects.of(person)
    found = [each for each in everything if text in f"{each} {each.ip}".lower()]
    context = {
        "person": person,
        "is_own": person.pk == request.user.pk,
        "sign_ins": page_of(request, found),
        "count": len(everything),
        "current": name_of(request.session.session_key),
        "filters": {"q": text},
    }
    return render(request, "accounts/sessions.html", context)


@require_POST
@member_required
@proof_required
def end(request: AuthenticatedRequest, sign_in_id: UUID) -> HttpResponse:
    """Sign somebody out of one browser."""
    sign_in = policies.find(request.user, SignIn.objects.select_related("user"), pk=sign_in_id)
    services.end_sign_in(sign_in, actor=request.user)
    messages.success(request, f"{sign_in} is signed out.")
    if sign_in.user_id == request.user.pk:
        return redirect("accounts:sessions")
    return redirect("accounts:member_sessions", sign_in.user_id)


@require_POST
@member_required
@proof_required
def end_others(request: AuthenticatedRequest) -> HttpResponse:
    """Sign oneself out everywhere else."""
    services.end_all_sign_ins(request.user, actor=request.user)
    update_session_auth_hash(request, request.user)
    messages.success(request, "You are signed out everywhere else.")
    return redirect("accounts:sessions")


@require_POST
@permission_required("member.manage")
@proof_required
def end_all(request: AuthenticatedRequest, user_id: UUID) -> HttpResponse:
    """Sign a member out everywhere."""
    person = _member(request, user_id)
    services.end_all_sign_ins(person, actor=request.user)
    if person.pk == request.user.pk:
        update_session_auth_hash(request, request.user)
    messages.success(request, f"{person} is signed out everywhere.")
    return redirect("accounts:member_sessions", user_id)


def _member(request: AuthenticatedRequest, user_id: UUID) -> User:
    person: User = policies.find(request.user, User.objects.members(), pk=user_id)
    return person


@require_http_methods(["GET", "POST"])
@permission_required("connection.view")
@proof_required
def rules(request: AuthenticatedRequest) -> HttpResponse:
    """Show what the workspace asks of sign-ins; owners change it."""
    form = SignInRulesForm(request.POST or None, rules=SignInRules.objects.now())
    if request.method == "POST":
        policies.require(request.user, "connection.manage")
        if form.is_valid() and _saved(request, form):
            request.session.__dict__.pop("rules", None)  # which were read before
            messages.success(request, "Saved. Open sessions follow at once.")
            return redirect("accounts:sign_in_rules")
    people = User.objects.members().filter(is_active=True)
    context = {
        "form": form,
        "rules": SignInRules.objects.now(),
        "your_address": client_ip(request),
        "may_manage": policies.holds(request.user, "connection.manage"),
        "without_factor": people.with_second_factor(False).count(),
        "people_count": people.count(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/sign_in_rules.html", context, status=status)


def _saved(request: AuthenticatedRequest, form: SignInRulesForm) -> bool:
    try:
        services.change_sign_in_rules(form.cleaned_data, actor=request.user)
    except Invalid as error:
        blame(form, error)
    return not form.errors


@never_cache
@require_GET
@member_required
def sign_in_again(request: AuthenticatedRequest) -> HttpResponse:
    """Offer to sign in anew to who has no other way of showing that it is them."""
    following = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(following, {request.get_host()}):
        following = "/"
    return render(request, "account/sign_in_again.html", {"following": following})

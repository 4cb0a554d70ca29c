"""Pages of people: members, invitations, keys, one's own profile, and the one-time link."""

from copy import copy
from http import HTTPStatus
from typing import Any
from uuid import UUID

from allauth.account.utils import perform_login
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.paginator import Page
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import bearers, policies, services, sources
from apps.accounts.decorators import (
    AuthenticatedRequest,
    member_required,
    permission_required,
    public_page,
)
from apps.accounts.exceptions import AlreadyMember, InvitationClosed
from apps.accounts.filters import members_in
from apps.accounts.forms import (
    AcceptForm,
    InviteForm,
    KeyForm,
    ProfileForm,
    RoleForm,
    key_role_choices,
    role_choices,
    roles_known_to,
)
from apps.accounts.links import invitation_link, user_of_link
from apps.accounts.models import ApiKey, Group, Invitation, Role, User
from apps.accounts.proof import proof_required
from apps.accounts.roles import FOR_KEYS
from apps.common.errors import Conflict, DomainError, Forbidden
from apps.common.pagination import page_of

CHOSEN = ("role", "group", "factor", "state")


@require_GET
@permission_required("member.view")
def members(request: AuthenticatedRequest) -> HttpResponse:
    """Show the people, and to those who may, the open invitations."""
    return _members(request)


def _members(
    request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    filters = {name: request.GET.get(name, "") for name in ("q", *CHOSEN)}
    everyone = policies.visible(request.user, User.objects.members())
    listed = members_in(everyone, filters).with_roles().order_by("name", "email")
    may_see_directories = policies.holds(request.user, "connection.view")
    invitations = policies.visible(request.user, Invitation.objects.unanswered())
    roles = policies.visible(request.user, Role.objects.exclude(name__in=FOR_KEYS))
    context = {
        "members": _with_sources(page_of(request, listed)),
        "directories": sources.summaries() if may_see_directories else [],
        "member_count": everyone.count(),
        "suspended_count": everyone.filter(is_active=False).count(),
        "invitations": invitations.select_related("role", "invited_by").order_by("-created_at"),
        "roles": roles.order_by("created_at"),
        "filters": filters,
        "applied": sum(1 for name in CHOSEN if filters[name]),
        "invite_form": InviteForm(),
        "may_manage": policies.holds(request.user, "member.manage"),
        "may_manage_owners": policies.holds(request.user, "owner.manage"),
        **_filter_choices(request.user),
        **extra,
    }
    return render(request, "accounts/members.html", context, status=status)


def _with_sources(page: "Page[Any]") -> "Page[Any]":
    """Say of each member where they come from."""
    found = sources.of([member.pk for member in page])
    for member in page:
        member.source = found.get(member.pk)
    return page


def _filter_choices(user: User) -> dict[str, list[tuple[str, str]]]:
    """Return what the list can be filtered by."""
    groups = policies.visible(user, Group.objects.order_by("name"))
    return {
        "role_choices": roles_known_to(user),
        "group_choices": [(str(group.pk), group.name) for group in groups],
        "state_choices": [("active", "active"), ("suspended", "suspended")],
        "factor_choices": [("on", "set up"), ("off", "none")],
    }


@require_POST
@permission_required("member.manage")
@proof_required
def invite(request: AuthenticatedRequest) -> HttpResponse:
    """Send an invitation."""
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            services.invite_member(
                **form.cleaned_data, actor=request.user, link=invitation_link(request)
            )
            messages.success(request, f"Invitation sent to {form.cleaned_data['email']}.")
            return redirect("accounts:members")
        except DomainError as error:
            form.add_error("role" if isinstance(error, Forbidden) else "email", error.detail)
    return _members(request, HTTPStatus.UNPROCESSABLE_ENTITY, invite_form=form)


@require_POST
@permission_required("member.manage")
@proof_required
def change_member(request: AuthenticatedRequest, user_id: UUID, action: str) -> HttpResponse:
    """Give another role, let in again, or take lost second factors off."""
    member = policies.find(request.user, User.objects.members(), pk=user_id)
    form = RoleForm(request.POST)
    if action == "role" and not form.is_valid():
        return _members(request, HTTPStatus.UNPROCESSABLE_ENTITY, role_form=form)
    try:
        messages.success(request, _changed(member, action, form, request.user))
    except Conflict as error:  # the last owner, for example: nothing to correct in a form
        messages.error(request, error.detail)
    return redirect("accounts:members")


def _changed(member: User, action: str, form: RoleForm, actor: User) -> str:
    """Carry out a change of a member and return what happened."""
    if action == "role":
        role = form.cleaned_data["role"]
        services.change_role(member, role=role or None, actor=actor)
        told = f"is {dict(role_choices())[role].lower()}" if role else "has no role everywhere"
        return f"{member} {told} now."
    if action == "factors":
        services.reset_factors(member, actor=actor)
        return f"{member} has no second factor any more and is signed out everywhere."
    services.set_active(member, active=True, actor=actor)
    return f"{member} can sign in again."


@require_POST
@permission_required("member.manage")
def change_invitation(
    request: AuthenticatedRequest, invitation_id: UUID, action: str
) -> HttpResponse:
    """Send an invitation again or withdraw it."""
    invitation = policies.find(request.user, Invitation.objects.unanswered(), pk=invitation_id)
    if action == "resend":
        services.resend_invitation(invitation, actor=request.user, link=invitation_link(request))
        done = f"A new invitation was sent to {invitation.email}. The earlier link stopped working."
    else:
        services.revoke_invitation(invitation, actor=request.user)
        done = f"The invitation of {invitation.email} is withdrawn."
    messages.success(request, done)
    return redirect("accounts:members")


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
@transaction.atomic
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Let an invited person in."""
    try:
        invitation = services.find_invitation(token)
        form = AcceptForm(request.POST or None, email=invitation.email)
        if request.method == "POST" and form.is_valid():
            user = services.accept_invitation(token, **form.cleaned_data)
            # Who must come through their company is led there, a member now.
            entered: HttpResponse = perform_login(request, user, redirect_url="/")
            return entered
    except (InvitationClosed, AlreadyMember) as error:
        return render(request, "accounts/invitation.html", {"closed": error}, status=error.status)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "invitation": invitation}
    return render(request, "accounts/invitation.html", context, status=status)


@require_GET
@permission_required("api_key.use")
def api_keys(request: AuthenticatedRequest) -> HttpResponse:
    """Show one's keys; to those who manage keys, all of them."""
    return _api_keys(request)


def _api_keys(
    request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    seen = policies.visible(request.user, ApiKey.objects.select_related("role", "user"))
    filters = {name: request.GET.get(name, "") for name in ("q", "state", "role")}
    kept = seen.in_state(filters["state"]).filter(name__icontains=filters["q"].strip())
    if filters["role"]:
        kept = kept.filter(role__name=filters["role"])
    context = {
        "keys": page_of(request, kept.order_by("-created_at")),
        "usable_count": seen.in_state("active").count(),
        "any_key": seen.exists(),
        "filters": filters,
        "applied": sum(1 for name in ("state", "role") if filters[name]),
        "role_choices": key_role_choices(),
        "state_choices": [(name, name) for name in ("active", "expired", "revoked")],
        "form": KeyForm(),
        "may_manage": policies.holds(request.user, "api_key.manage"),
        "programs": bearers.programs() if policies.holds(request.user, "connection.view") else [],
        **extra,
    }
    return render(request, "accounts/api_keys.html", context, status=status)


@never_cache
@require_POST
@permission_required("api_key.use")
@proof_required
def create_key(request: AuthenticatedRequest) -> HttpResponse:
    """Make a key and show its text, once."""
    form = KeyForm(request.POST)
    if form.is_valid():
        try:
            key, text = _make_key(request.user, form)
            return _api_keys(request, HTTPStatus.CREATED, new_key=key, new_key_text=text)
        except DomainError as error:
            form.add_error("role", error.detail)
    return _api_keys(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


def _make_key(actor: User, form: KeyForm) -> tuple[ApiKey, str]:
    """Make the key that a form asks for: the actor's own, or a program's."""
    if form.cleaned_data["for_program"]:
        return services.create_service_key(**form.fields_for_service, actor=actor)
    return services.create_api_key(**form.fields_for_service, user=actor, actor=actor)


@require_POST
@permission_required("api_key.use")
def revoke_key(request: AuthenticatedRequest, key_id: UUID) -> HttpResponse:
    """End a key."""
    key = policies.find(request.user, ApiKey.objects.all(), pk=key_id)
    services.revoke_api_key(key, actor=request.user)
    messages.success(request, f"The key “{key.name}” is revoked.")
    return redirect("accounts:api_keys")


@require_http_methods(["GET", "POST"])
@member_required
def profile(request: AuthenticatedRequest) -> HttpResponse:
    """Show and change one's own name, time zone and language."""
    # The form works on a copy: until it is saved the frame keeps showing who is signed in.
    if request.user.kind == User.Kind.SUPPORT:  # whose name stands beside what they do
        raise Forbidden("Platform support has no profile here.")
    form = ProfileForm(request.POST or None, instance=copy(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, "Saved.")
        return redirect("accounts:profile")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "has_second_factor": is_mfa_enabled(request.user)}
    return render(request, "accounts/profile.html", context, status=status)


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
@transaction.atomic
def link(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Sign somebody in by a one-time link: looking shows a button, pressing it signs in.

    Mail scanners and browsers fetch links ahead of people, so a GET never uses one up.
    """
    user = user_of_link(uid, token, to_use=request.method == "POST")
    if user is None:
        return render(request, "accounts/link.html", {"user_of_link": None}, status=HTTPStatus.GONE)
    if request.method == "POST":
        # A link stands for the password: whoever has a second factor is still asked for it.
        answer: HttpResponse = perform_login(request, user, redirect_url="/")
        return answer
    return render(request, "accounts/link.html", {"user_of_link": user})

"""Pages of single sign-on for those who look after the workspace."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import User
from apps.accounts.proof import proof_required, proof_required_to_open
from apps.common.errors import Conflict, DomainError
from apps.common.pagination import page_of
from apps.identity import services, setup, setup_links
from apps.identity.forms import DefaultRoleForm, DomainForm, NewConnectionForm, RuleForm
from apps.identity.models import BreakGlass, Connection, Domain, SigningKey
from apps.identity.vendors import VENDORS


@require_GET
@permission_required("connection.view")
def overview(request: AuthenticatedRequest) -> HttpResponse:
    """Show the connections, the domains, and who may sign in without a provider."""
    return _overview(request)


def _overview(
    request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    filters = {name: request.GET.get(name, "") for name in ("q", "state")}
    everything = policies.visible(request.user, Connection.objects.prefetch_related("domains"))
    found = everything.filter(name__icontains=filters["q"].strip())
    if filters["state"]:
        found = found.filter(status=filters["state"])
    context = {
        "connections": page_of(request, found.order_by("name")),
        "any_connection": everything.exists(),
        "active_connections": everything.active(),
        "all_connections": everything.order_by("name"),
        "domains": policies.visible(
            request.user, Domain.objects.select_related("connection")
        ).order_by("name"),
        "owners": _owners(),
        "signing_keys": SigningKey.objects.order_by("-use"),
        "in_emergency": set(BreakGlass.objects.values_list("user_id", flat=True)),
        "filters": filters,
        "applied": int(bool(filters["state"])),
        "state_choices": [(value, value) for value, _ in Connection.Status.choices],
        "domain_form": DomainForm(),
        "may_manage": policies.holds(request.user, "connection.manage"),
        **extra,
    }
    return render(request, "identity/overview.html", context, status=status)


def _owners() -> QuerySet[User]:
    held: QuerySet[User] = User.objects.members().filter(
        role_bindings__role__name="owner", role_bindings__folder=None
    )
    return held.order_by("name")


@require_http_methods(["GET", "POST"])
@permission_required("connection.manage")
@proof_required_to_open
def new(request: AuthenticatedRequest) -> HttpResponse:
    """Choose a provider."""
    form = NewConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_connection(**form.cleaned_data, actor=request.user)
            return redirect("identity:details", made.pk)
        except Conflict as error:
            form.add_error("name", error.detail)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "vendors": VENDORS.values()}
    return render(request, "identity/new.html", context, status=status)


@require_http_methods(["GET", "POST"])
@permission_required("connection.view")
@proof_required_to_open
def details(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Show what is exchanged with the provider; owners change it."""
    found = _find(request, connection_id)
    if request.method == "POST":
        policies.check(request.user, "manage", found)
    page = setup.details(request, found, actor=request.user)
    if page.saved:
        messages.success(request, _saved(found))
        return redirect("identity:test", found.pk)
    context = page.context | frame(request, found, "details")
    return render(request, "identity/details.html", context, status=page.status)


def _saved(found: Connection) -> str:
    """Return what a saved change means."""
    if found.is_waiting:
        return "Saved. People sign in as before, until you tested it and use it."
    if found.is_active:
        return "Nothing was changed."
    return "Saved. Test it before it is switched on."


@require_GET
@permission_required("connection.view")
def roles(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Show which groups get which roles."""
    return _roles(request, _find(request, connection_id))


def _roles(
    request: AuthenticatedRequest, found: Connection, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    default = found.default_role.name if found.default_role else ""
    context = {
        "rules": found.rules.select_related("role", "folder").order_by("group"),
        "default_form": DefaultRoleForm(
            initial={"role": default, "members_only": found.members_only}
        ),
        "rule_form": RuleForm(),
        **frame(request, found, "roles"),
        **extra,
    }
    return render(request, "identity/roles.html", context, status=status)


@require_POST
@permission_required("connection.manage")
@proof_required
def add_rule(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Map a group to a role."""
    found, form = _find(request, connection_id), RuleForm(request.POST)
    if not form.is_valid():
        return _roles(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, rule_form=form)
    services.add_rule(found, **form.cleaned_data, actor=request.user)
    return redirect("identity:roles", found.pk)


@require_POST
@permission_required("connection.manage")
@proof_required
def remove_rule(request: AuthenticatedRequest, connection_id: UUID, rule_id: UUID) -> HttpResponse:
    """Take a group's role back."""
    found = _find(request, connection_id)
    rule = found.rules.filter(pk=rule_id).first()
    if rule is not None:  # else somebody else was first
        services.remove_rule(rule, actor=request.user)
    return redirect("identity:roles", found.pk)


@require_POST
@permission_required("connection.manage")
@proof_required
def set_default_role(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Choose what everyone else gets."""
    found, form = _find(request, connection_id), DefaultRoleForm(request.POST)
    if not form.is_valid():
        return _roles(request, found, HTTPStatus.UNPROCESSABLE_ENTITY, default_form=form)
    services.set_default_role(found, **form.cleaned_data, actor=request.user)
    messages.success(request, "Saved. It counts from the next sign-in of each person.")
    return redirect("identity:roles", found.pk)


@require_GET
@permission_required("connection.view")
def test(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Show what the last test received and what would happen."""
    found = _find(request, connection_id)
    context = setup.test_context(request, found, None) | frame(request, found, "test")
    return render(request, "identity/test.html", context)


@never_cache
@require_GET
@permission_required("connection.manage")
def begin_test(request: AuthenticatedRequest, connection_id: UUID) -> HttpResponse:
    """Sign in at the provider without signing in here."""
    found = _find(request, connection_id)
    return redirect(
        setup.begin_test(request, found, following=reverse("identity:test", args=[found.pk]))
    )


@never_cache
@require_POST
@permission_required("connection.manage")
@proof_required
def act(request: AuthenticatedRequest, connection_id: UUID, action: str) -> HttpResponse:
    """Switch a connection on or off, remove it, or withdraw its set-up link."""
    found = _find(request, connection_id)
    try:
        messages.success(request, _done(found, action, request.user))
    except DomainError as error:
        messages.error(request, error.detail)
        return redirect("identity:test", found.pk)
    return (
        redirect("identity:overview") if action == "delete" else redirect("identity:test", found.pk)
    )


def _done(found: Connection, action: str, actor: User) -> str:
    """Carry out an action on a connection and return what happened."""
    if action == "activate":
        services.activate(found, actor=actor)
        return f"People of its domains can sign in with {found} now."
    if action == "drop":
        services.drop_changes(found, actor=actor)
        return f"People go on to sign in with {found} as before."
    if action == "disable":
        services.disable(found, actor=actor)
        return f"Nobody can sign in with {found} any more."
    if action == "revoke":
        setup_links.revoke(found, actor=actor)
        return "The set-up link stopped working."
    services.delete_connection(found, actor=actor)
    return f"{found} is removed. Its people stay members."


@require_POST
@permission_required("connection.manage")
@proof_required
def add_domain(request: AuthenticatedRequest) -> HttpResponse:
    """Claim a domain."""
    form = DomainForm(request.POST)
    if form.is_valid():
        try:
            services.add_domain(form.cleaned_data["name"], actor=request.user)
            return redirect("identity:overview")
        except Conflict as error:
            form.add_error("name", error.detail)
    return _overview(request, HTTPStatus.UNPROCESSABLE_ENTITY, domain_form=form)


@require_POST
@permission_required("connection.manage")
@proof_required
def change_domain(request: AuthenticatedRequest, domain_id: UUID, action: str) -> HttpResponse:
    """Prove a domain, choose its connection, enforce it, release it or remove it."""
    domain = policies.find(request.user, Domain.objects.all(), pk=domain_id)
    try:
        messages.success(request, _domain_done(request, domain, action))
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("identity:overview")


def _domain_done(request: AuthenticatedRequest, domain: Domain, action: str) -> str:
    actor = request.user
    if action == "verify":
        services.verify_domain(domain, actor=actor)
        return f"{domain} is proved."
    if action == "assign":
        services.assign_domain(domain, _chosen(request), actor=actor)
        return f"{domain} is saved."
    if action == "remove":
        services.remove_domain(domain, actor=actor)
        return f"{domain} is removed."
    services.enforce(domain, enforced=action == "enforce", actor=actor)
    if action == "enforce":
        return f"Addresses of {domain} sign in through {domain.connection} only."
    return f"Addresses of {domain} can sign in in every way again."


def _chosen(request: AuthenticatedRequest) -> Connection | None:
    """Return the connection that a form names; none where it names nothing."""
    everything = policies.visible(request.user, Connection.objects.all())
    field = forms.ModelChoiceField(everything, required=False)
    try:
        chosen: Connection | None = field.clean(request.POST.get("connection", ""))
    except forms.ValidationError:
        return None
    return chosen


@require_POST
@permission_required("connection.manage")
@proof_required
def set_break_glass(request: AuthenticatedRequest, user_id: UUID, action: str) -> HttpResponse:
    """Put an owner on the emergency list, or off it."""
    owner = policies.find(request.user, User.objects.members(), pk=user_id)
    try:
        services.set_break_glass(owner, allowed=action == "allow", actor=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect("identity:overview")


def _find(request: AuthenticatedRequest, connection_id: UUID) -> Connection:
    everything = Connection.objects.select_related("default_role", "ceiling")
    return policies.find(request.user, everything, pk=connection_id)


def frame(request: AuthenticatedRequest, found: Connection, step: str) -> dict[str, Any]:
    """Return what the frame of a connection's pages shows."""
    return setup.frame(found, step) | {
        "may_manage": policies.allows(request.user, "manage", found),
        "setup_link": found.setup_links.filter(revoked_at=None).order_by("-created_at").first(),
        "guest": False,
    }

"""Pages of roles, and of who holds which on a folder."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies, services
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.filters import roles_in
from apps.accounts.models import Folder, Role, RoleBinding, User
from apps.accounts.proof import proof_required
from apps.accounts.rights_forms import (
    OwnRoleForm,
    RightForm,
    holder_called,
    offered_people,
    permission_sections,
)
from apps.accounts.roles import FOR_KEYS
from apps.common.errors import Conflict, DomainError, Forbidden
from apps.common.pagination import page_of


@require_GET
@permission_required("member.view")
def roles(request: AuthenticatedRequest) -> HttpResponse:
    """Show the roles, what they are for and how many hold them."""
    seen = policies.visible(request.user, Role.objects.all())
    filters = {name: request.GET.get(name, "") for name in ("q", "origin")}
    able = Q(bindings__user__is_active=True, bindings__user__kind=User.Kind.HUMAN)
    people = Count("bindings__user", filter=able, distinct=True)
    counted = roles_in(seen, filters).annotate(
        people=people, groups=Count("bindings__group", distinct=True)
    )
    context = {
        "roles": page_of(request, counted.order_by("-builtin", "created_at")),
        "own_count": seen.filter(builtin=False).count(),
        "filters": filters,
        "applied": 1 if filters["origin"] else 0,
        "origin_choices": [("built_in", "built in"), ("own", "own")],
        "for_keys": FOR_KEYS,
        "may_manage": policies.holds(request.user, "role.manage"),
    }
    return render(request, "accounts/roles.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("role.manage")
@proof_required
def create(request: AuthenticatedRequest) -> HttpResponse:
    """Make a role of the workspace's own."""
    form = OwnRoleForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_role(actor=request.user, **form.cleaned_data)
            messages.success(request, f"The role “{made}” is made. Give it to people or groups.")
            return redirect("accounts:roles")
        except DomainError as error:
            _blame(form, error)
    return _role(request, form, None)


@require_http_methods(["GET", "POST"])
@permission_required("member.view")
@proof_required
def role(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Show what a role allows, and change one of the workspace's own."""
    found = policies.find(request.user, Role.objects.all(), name=name)
    told = {"label": found.label, "permissions": sorted(found.allowed)}
    form = OwnRoleForm(request.POST or None, initial=told)
    if request.method == "POST":
        policies.require(request.user, "role.manage")
        if form.is_valid():
            try:
                services.change_custom_role(found, actor=request.user, **form.cleaned_data)
                messages.success(request, "Saved. It counts at once for everybody who holds it.")
                return redirect("accounts:role", name)
            except DomainError as error:
                _blame(form, error)
    return _role(request, form, found)


def _blame(form: OwnRoleForm, error: DomainError) -> None:
    if isinstance(error, Forbidden):
        form.add_error("permissions", error.detail)
        return
    form.add_error("label", error.first)


def _role(request: AuthenticatedRequest, form: OwnRoleForm, found: Role | None) -> HttpResponse:
    may_manage = policies.holds(request.user, "role.manage")
    context = {
        "role": found,
        "form": form,
        "sections": permission_sections(form.chosen, request.user.permissions_in()),
        "may_change": may_manage and not (found and found.builtin),
        "is_held": found is not None and found.bindings.exists(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/role.html", context, status=status)


@require_POST
@permission_required("role.manage")
@proof_required
def delete(request: AuthenticatedRequest, name: str) -> HttpResponse:
    """Delete a role that nobody holds."""
    found = policies.find(request.user, Role.objects.all(), name=name)
    try:
        services.delete_role(found, actor=request.user)
    except Conflict as error:
        messages.error(request, error.detail)
        return redirect("accounts:role", name)
    messages.success(request, f"The role “{found}” is deleted.")
    return redirect("accounts:roles")


@require_http_methods(["GET", "POST"])
@permission_required("workflow.view")
@proof_required
def rights(request: AuthenticatedRequest, folder_id: UUID) -> HttpResponse:
    """Show who holds which role on a folder, and give somebody one."""
    folder = policies.find(request.user, Folder.objects.all(), pk=folder_id)
    form = RightForm(request.POST or None, actor=request.user)
    if request.method == "POST":
        policies.require(request.user, "member.manage", folder.path)
        if form.is_valid():
            asked = form.cleaned_data
            try:
                holder = holder_called(asked["holder"], request.user)
                services.give_right(folder, holder, role=asked["role"], actor=request.user)
                messages.success(request, f"{holder} has the role in “{folder}” now.")
                return redirect("accounts:rights", folder_id)
            except DomainError as error:
                field = "role" if isinstance(error, Forbidden) else "holder"
                form.add_error(field, error.detail)
    return _rights(request, folder, form)


def _rights(request: AuthenticatedRequest, folder: Folder, form: RightForm) -> HttpResponse:
    held = RoleBinding.objects.select_related("role", "user", "group", "folder")
    seen = policies.visible(request.user, held)
    text = request.GET.get("q", "").strip()
    named = Q(user__name__icontains=text) | Q(user__email__icontains=text)
    here = seen.filter(folder=folder)
    above = [step for step in folder.path.strip("/").split("/") if step != str(folder.pk)]
    may_manage = policies.holds(request.user, "member.manage", folder.path)
    context = {
        "folder": folder,
        "form": form,
        "rights": page_of(
            request, here.filter(named | Q(group__name__icontains=text)).order_by("-created_at")
        ),
        "any_right": here.exists(),
        "inherited": seen.filter(folder__in=above).order_by("folder__path", "-created_at"),
        "filters": {"q": text},
        "offered": offered_people(request.user) if may_manage else [],
        "may_manage": may_manage,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/rights.html", context, status=status)


@require_POST
@permission_required("workflow.view")
@proof_required
def take_right(request: AuthenticatedRequest, folder_id: UUID, right_id: UUID) -> HttpResponse:
    """Take a role on a folder away."""
    held = RoleBinding.objects.select_related("role", "user", "group", "folder")
    right = policies.find(request.user, held.filter(folder=folder_id), pk=right_id)
    services.take_right(right, actor=request.user)
    messages.success(request, f"{right.holder} does not have the role here any more.")
    return redirect("accounts:rights", folder_id)

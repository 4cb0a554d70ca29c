"""Pages of groups."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies, services
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.filters import groups_in
from apps.accounts.forms import roles_known_to
from apps.accounts.models import Group, User
from apps.accounts.proof import proof_required
from apps.accounts.rights_forms import (
    GroupForm,
    GroupNameForm,
    GroupRoleForm,
    PersonForm,
    offered_people,
    person_called,
)
from apps.common.errors import DomainError, Invalid, NotFound
from apps.common.pagination import page_of


@require_GET
@permission_required("member.view")
def groups(request: AuthenticatedRequest) -> HttpResponse:
    """Show the groups."""
    return _groups(request)


def _groups(
    request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    seen = policies.visible(request.user, Group.objects.counted())
    filters = {name: request.GET.get(name, "") for name in ("q", "role")}
    context = {
        "groups": page_of(request, groups_in(seen, filters).order_by("name")),
        "any_group": seen.exists(),
        "group_count": seen.count(),
        "filters": filters,
        "applied": 1 if filters["role"] else 0,
        "role_choices": roles_known_to(request.user),
        "form": GroupForm(),
        "may_manage": policies.holds(request.user, "member.manage"),
        **extra,
    }
    return render(request, "accounts/groups.html", context, status=status)


@require_POST
@permission_required("member.manage")
@proof_required
def create(request: AuthenticatedRequest) -> HttpResponse:
    """Make a group and show it."""
    form = GroupForm(request.POST)
    if form.is_valid():
        asked = form.cleaned_data
        try:
            made = services.create_group(
                name=asked["name"], role=asked["role"] or None, actor=request.user
            )
            return redirect("accounts:group", made.pk)
        except DomainError as error:
            form.add_error(None, error.detail)
    return _groups(request, HTTPStatus.UNPROCESSABLE_ENTITY, form=form)


@require_GET
@permission_required("member.view")
def group(request: AuthenticatedRequest, group_id: UUID) -> HttpResponse:
    """Show a group: its people, and what they hold through it."""
    found = policies.find(request.user, Group.objects.counted(), pk=group_id)
    return _group(request, found)


def _group(
    request: AuthenticatedRequest, found: Group, status: int = HTTPStatus.OK, **extra: Any
) -> HttpResponse:
    people = policies.visible(request.user, User.objects.filter(in_groups=found))
    text = request.GET.get("q", "")
    may_manage = policies.holds(request.user, "member.manage")
    context = {
        "group": found,
        "people": page_of(request, people.matching(text=text.strip()).order_by("name", "email")),
        "any_person": people.exists(),
        "filters": {"q": text},
        "rights": policies.visible(request.user, found.role_bindings.exclude(folder=None))
        .select_related("role", "folder")
        .order_by("folder__name"),
        "name_form": GroupNameForm(initial={"name": found.name}),
        "role_form": GroupRoleForm(initial={"role": found.role.name if found.role else ""}),
        "person_form": PersonForm(),
        "offered": offered_people(request.user) if may_manage else [],
        "may_manage": may_manage,
        "may_change": may_manage and not found.external_id,
        **extra,
    }
    return render(request, "accounts/group.html", context, status=status)


FORMS: dict[str, Any] = {"rename": GroupNameForm, "role": GroupRoleForm, "add": PersonForm}
SHOWN_AS = {"rename": "name_form", "role": "role_form", "add": "person_form"}


@require_POST
@permission_required("member.manage")
@proof_required
def change(request: AuthenticatedRequest, group_id: UUID, action: str) -> HttpResponse:
    """Rename or delete a group, give its people a role, add or remove somebody."""
    found = policies.find(request.user, Group.objects.counted(), pk=group_id)
    form = FORMS[action](request.POST) if action in FORMS else None
    try:
        if form is None or form.is_valid():
            messages.success(request, _changed(request, found, action, form))
            return _after(action, group_id)
    except NotFound:
        raise
    except DomainError as error:
        if form is None:
            messages.error(request, error.detail)
            return redirect("accounts:group", group_id)
        form.add_error(None, error.first)
    shown = policies.find(request.user, Group.objects.counted(), pk=group_id)
    extra = {SHOWN_AS[action]: form}
    return _group(request, shown, HTTPStatus.UNPROCESSABLE_ENTITY, **extra)


def _changed(request: AuthenticatedRequest, group: Group, action: str, form: Any) -> str:
    """Carry out a change and return what happened."""
    actor = request.user
    if action == "rename":
        services.rename_group(group, name=form.cleaned_data["name"], actor=actor)
        return f"The group is called “{group}” now."
    if action == "role":
        services.set_group_role(group, role=form.cleaned_data["role"] or None, actor=actor)
        return f"What the people of “{group}” may do has changed."
    if action == "add":
        person = person_called(form.cleaned_data["email"], actor)
        services.add_to_group(group, person, actor=actor)
        return f"{person} is in the group now."
    if action == "remove":
        person = _person(request)
        services.remove_from_group(group, person, actor=actor)
        return f"{person} is not in the group any more."
    services.delete_group(group, actor=actor)
    return f"The group “{group}” is deleted."


def _person(request: AuthenticatedRequest) -> User:
    try:
        wanted = UUID(request.POST.get("user", ""))
    except ValueError:
        raise Invalid from None
    person: User = policies.find(request.user, User.objects.filter(removed_at=None), pk=wanted)
    return person


def _after(action: str, group_id: UUID) -> HttpResponse:
    if action == "delete":
        return redirect("accounts:groups")
    return redirect("accounts:group", group_id)

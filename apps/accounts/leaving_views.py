"""The page on which somebody is suspended or removed, and what they looked after is handed over."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from apps.accounts import policies, services
from apps.accounts.belongings import Share
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import User
from apps.accounts.proof import proof_required
from apps.accounts.rights_forms import HeirForm, offered_people
from apps.common.errors import Conflict, DomainError

SHOWN = 20  # things of a sort; the rest is counted


@require_http_methods(["GET", "POST"])
@permission_required("member.manage")
@proof_required
def leave(request: AuthenticatedRequest, user_id: UUID, action: str) -> HttpResponse:
    """Show what somebody looks after and what an heir can take over; then suspend or remove them."""
    member = policies.find(request.user, User.objects.members(), pk=user_id)
    policies.require(request.user, "member.manage")
    form = HeirForm(request.POST if request.method == "POST" else request.GET, actor=request.user)
    heir = form.chosen
    shares = _shares(form, member, heir, request.user)
    if request.method == "POST" and not form.errors:
        try:
            messages.success(request, _done(member, action, heir, request.user))
        except Conflict as error:  # the last owner, for example: nothing to correct in a form
            messages.error(request, error.detail)
        return redirect("accounts:members")
    context = {
        "member": member,
        "action": action,
        "form": form,
        "heir": None if form.errors else heir,
        "shares": [(share, share.things[:SHOWN], len(share.things) - SHOWN) for share in shares],
        "going": sum(share.going for share in shares),
        "offered": [each for each in offered_people(request.user) if each[0] != member.email],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, "accounts/leaving.html", context, status=status)


def _shares(form: HeirForm, member: User, heir: User | None, actor: User) -> list[Share]:
    """Return what the member looks after, with the heir if they may be one."""
    try:
        return services.preview(member, heir, actor=actor)
    except DomainError as error:
        form.add_error("heir", error.first)
    return services.preview(member, None, actor=actor)


def _done(member: User, action: str, heir: User | None, actor: User) -> str:
    """Suspend or remove somebody and return what happened."""
    name = str(member)
    if action == "remove":
        services.remove_member(member, actor=actor, heir=heir)
        told = f"{name} is no member any more."
    else:
        services.set_active(member, active=False, actor=actor, heir=heir)
        told = f"{name} is suspended: signed out everywhere, keys stopped."
    return f"{told} {heir} looks after their things now." if heir else f"{told} Their work stays."

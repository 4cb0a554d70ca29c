"""What a set-up link decides, for whoever opened it: the domain, groups, switching on, requiring."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from apps.accounts.decorators import public_page
from apps.common.errors import DomainError, TooMany
from apps.common.requests import client_ip
from apps.identity import entrusted, guest_steps, limits, services, setup
from apps.identity.exceptions import SetupClosed
from apps.identity.forms import EveryoneForm, GuestRuleForm
from apps.identity.models import SetupLink
from apps.identity.setup_views import closed, frame, opened_link

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, SetupLink, P], HttpResponse]


def for_link(view: Page[P]) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Hand the link over that this browser opened; say so where it lets nobody in any more."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            link = opened_link(request)
            if request.method == "POST":
                limits.ENTRIES.count(client_ip(request))
            return view(request, link, *args, **kwargs)
        except (SetupClosed, TooMany) as error:
            return closed(request, error)

    return guarded


@public_page
@never_cache
@require_GET
@for_link
def steps(request: HttpRequest, link: SetupLink) -> HttpResponse:
    """Show all steps in their order, each with what is done and what is to do."""
    return _steps(request, link)


def _steps(
    request: HttpRequest, link: SetupLink, status: int = HTTPStatus.OK, **extra: object
) -> HttpResponse:
    context = setup.test_context(request, link.connection, link) | frame(link, "steps")
    found = guest_steps.of(link)
    is_done = all(each.state != guest_steps.TODO for each in found.values())
    context |= {"steps": found, "is_done": is_done, "domain": link.domain}
    if link.cap is not None:
        default = link.connection.default_role
        rules = link.connection.rules.select_related("role", "folder").order_by("group")
        context |= {
            "rules": rules,
            "rule_form": GuestRuleForm(
                cap=link.cap, initial={"group": _first_unmapped(context), "role": "viewer"}
            ),
            "everyone_form": EveryoneForm(
                cap=link.cap, initial={"role": default.name if default else ""}
            ),
        }
    return render(request, "identity/setup_steps.html", context | extra, status=status)


def _first_unmapped(context: setup.Context) -> str:
    """Return a group that the last test received and that has no role yet."""
    outcome = context.get("outcome")
    groups = outcome.groups if outcome else []
    return next((group["name"] for group in groups if not group["mapped"]), "")


@public_page
@never_cache
@require_POST
@for_link
def add_rule(request: HttpRequest, link: SetupLink) -> HttpResponse:
    """Map a group to a role that the link may give."""
    if link.cap is None:
        return _refused(request, link, "An owner maps groups to roles.")
    form = GuestRuleForm(request.POST, cap=link.cap)
    if not form.is_valid():
        return _steps(request, link, HTTPStatus.UNPROCESSABLE_ENTITY, rule_form=form)
    return _done(
        request,
        lambda: services.add_rule(link.connection, **form.cleaned_data, folder=None, actor=link),
    )


@public_page
@never_cache
@require_POST
@for_link
def remove_rule(request: HttpRequest, link: SetupLink, rule_id: UUID) -> HttpResponse:
    """Take a group's role back, where it is no more than the link may give."""
    rule = link.connection.rules.select_related("connection", "role").filter(pk=rule_id).first()
    if rule is None:  # somebody else was first
        return redirect("identity:setup")
    return _done(request, lambda: services.remove_rule(rule, actor=link))


@public_page
@never_cache
@require_POST
@for_link
def act(request: HttpRequest, link: SetupLink, action: str) -> HttpResponse:
    """Prove the domain, choose what everyone else gets, switch the connection on, or require it."""
    connection, domain = link.connection, link.domain
    if action == "prove":
        return _done(request, lambda: entrusted.prove_domain(link), f"{domain} is proved.")
    if action == "everyone":
        role = request.POST.get("role", "")
        return _done(
            request, lambda: services.set_default_role(connection, role, actor=link), "Saved."
        )
    if action == "activate":
        return _done(
            request,
            lambda: services.activate(connection, actor=link),
            f"{connection} is switched on.",
        )
    if domain is None:
        return _refused(request, link, "An owner decides that.")
    return _done(
        request,
        lambda: services.enforce(domain, enforced=True, actor=link),
        f"Addresses of {domain} sign in with {connection} alone now.",
    )


def _done(request: HttpRequest, change: Callable[[], object], words: str = "") -> HttpResponse:
    """Carry a change out and go back to the steps, with what came of it. Raises SetupClosed."""
    try:
        change()
    except (SetupClosed, TooMany):
        raise
    except DomainError as error:
        messages.error(request, error.first)
    else:
        if words:
            messages.success(request, words)
    return redirect("identity:setup")


def _refused(request: HttpRequest, link: SetupLink, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("identity:setup")

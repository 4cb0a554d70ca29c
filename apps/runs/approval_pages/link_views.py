"""The page behind the link of a mail: looking does nothing, only sending the form decides."""

from http import HTTPStatus

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from apps.accounts.decorators import public_page
from apps.accounts.models import User
from apps.common.errors import DomainError, Invalid
from apps.common.forms import blame
from apps.runs import services
from apps.runs.approvals import question
from apps.runs.approvals.terms import Terms
from apps.runs.exceptions import LinkClosed, NotForYou
from apps.runs.models import DecisionLink, Wait
from apps.runs.pages.forms import DecisionForm


@public_page
@never_cache
@require_http_methods(["GET", "POST"])
def by_mail(request: HttpRequest, token: str) -> HttpResponse:
    """Lead to the question, or, where no sign-in is needed, ask it here.

    Mail scanners and browsers fetch links ahead of people, so a GET never decides.
    """
    try:
        link = services.find_link(token)
    except LinkClosed as error:
        return render(request, "runs/by_mail.html", {"closed": error}, status=error.status)
    if Terms.of(link.wait.terms).link_requires_sign_in:
        return _to_question(request, link)
    if request.method == "POST":
        return _decided(request, link, token)
    return _page(request, link)


def _to_question(request: HttpRequest, link: DecisionLink) -> HttpResponse:
    if not isinstance(request.user, User):
        return redirect_to_login(request.get_full_path())
    if request.user.pk != link.user_id:
        error = NotForYou()
        return render(request, "runs/by_mail.html", {"closed": error}, status=error.status)
    return redirect("runs:approval", link.wait_id)


def _decided(request: HttpRequest, link: DecisionLink, token: str) -> HttpResponse:
    form = DecisionForm(request.POST, wait=link.wait)
    if not form.is_valid():
        return _page(request, link, HTTPStatus.UNPROCESSABLE_ENTITY, form)
    try:
        wait = services.decide_by_link(token, **form.answer)
    except Invalid as error:
        blame(form, error)
        return _page(request, link, error.status, form)
    except DomainError as error:
        return render(request, "runs/by_mail.html", {"closed": error}, status=error.status)
    label = dict(form.fields["decision"].choices)[form.cleaned_data["decision"]]  # type: ignore[attr-defined]
    return render(request, "runs/by_mail.html", {"wait": wait, "answered": label})


def _page(
    request: HttpRequest,
    link: DecisionLink,
    status: int = HTTPStatus.OK,
    form: DecisionForm | None = None,
) -> HttpResponse:
    wait = link.wait
    context = {
        "wait": wait,
        "person": link.user,
        "is_open": wait.status == Wait.Status.OPEN,
        "form": form or DecisionForm(wait=wait),
        "rule": question.rule(wait),
    }
    return render(request, "runs/by_mail.html", context, status=status)

"""The pages of one directory, as owners and whoever holds a set-up link see them."""

from http import HTTPStatus
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.errors import Conflict
from apps.common.pagination import page_of
from apps.directory import services
from apps.directory.forms import CapForm, HeirForm, TokenForm
from apps.directory.guides import ADDRESS, GUIDES, guide_of
from apps.directory.models import Directory, Exchange, KeptGroup, Person, Token
from apps.directory.services import Actor
from apps.identity.guide import GuideStep, Mark
from apps.identity.models import Connection
from apps.identity.vendors import VENDORS

Context = dict[str, Any]
RESULTS = [("ok", "Done"), ("refused", "Refused"), ("failed", "Failed")]
SHOWN_TOKENS = 10


def overview(request: HttpRequest, connection: Connection) -> Context:
    """Return what the page of the set-up shows."""
    directory = services.directory_of(connection)
    guide = guide_of(connection.vendor, request.GET.get("guide", ""))
    address = request.build_absolute_uri("/scim/v2")
    return _frame(directory, "set-up") | {
        "guide": guide,
        "guides": GUIDES.values(),
        "steps": [GuideStep(*each.with_values({ADDRESS: address}), Mark()) for each in guide.steps],
        "tokens": _of(directory, Token).order_by("-created_at")[:SHOWN_TOKENS],
        "token_form": TokenForm(),
        "heir_form": HeirForm(initial={"heir": directory.heir.email if directory.heir else ""}),
        "cap_form": CapForm(initial={"role": directory.cap.name}),
        "has_domain": connection.domains.proved().exists(),
        "rule_count": connection.rules.count(),
    }


def requests(request: HttpRequest, connection: Connection) -> Context:
    """Return what the list of requests shows."""
    directory = services.directory_of(connection)
    filters = {name: request.GET.get(name, "") for name in ("q", "result")}
    everything = _of(directory, Exchange)
    found = Exchange.objects.filter(pk__in=everything.values("pk")).matching(
        text=filters["q"].strip(), result=filters["result"]
    )
    return _frame(directory, "requests") | {
        "exchanges": page_of(request, found.order_by("-created_at")),
        "any_exchange": everything.exists(),
        "filters": filters,
        "applied": int(bool(filters["result"])),
        "result_choices": RESULTS,
    }


def make_token(
    request: HttpRequest, connection: Connection, *, actor: Actor
) -> tuple[Context, int]:
    """Make a token and return the page that shows it, once."""
    form = TokenForm(request.POST)
    if form.is_valid():
        try:
            made, text = services.make_token(connection, life=form.lasts, actor=actor)
            shown = {"new_token": made, "new_token_text": text}
            return overview(request, connection) | shown, HTTPStatus.CREATED
        except Conflict as error:
            form.add_error(None, error.detail)
    context = overview(request, connection) | {"token_form": form}
    return context, HTTPStatus.UNPROCESSABLE_ENTITY


def _frame(directory: Directory, current: str) -> Context:
    """Return what both pages show."""
    last = _of(directory, Exchange).order_by("-created_at").first()
    return {
        "connection": directory.connection,
        "directory": directory,
        "vendor": VENDORS[directory.connection.vendor],
        "current": current,
        "last_exchange": last,
        "people_count": Person.objects.present().filter(directory=directory.pk).count(),
        "group_count": _of(directory, KeptGroup).count(),
    }


def _of(directory: Directory, model: Any) -> "QuerySet[Any]":
    """Return rows of a directory, which may not be kept yet."""
    rows: QuerySet[Any] = model.objects.filter(directory=directory.pk)
    return rows

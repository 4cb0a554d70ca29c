"""What a person finds from anywhere: places, and things by their names; only what they may see."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.db.models import CharField, Q
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.http import urlencode

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.templatetags.look import STATES
from apps.credentials.models import StoredCredential
from apps.dashboard.places import places_of
from apps.gateway.models import ModelRoute
from apps.gateway.models.prompts import Prompt
from apps.runs.models import Run
from apps.runs.templatetags.runs import short_id
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow

LISTED = 6  # of each sort
RUNS_FROM = 2_000  # the newest runs, among which one is found by the end of its id
LONGEST = 200
END_OF_ID = re.compile(r"[0-9a-f]{4,12}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True)
class Hit:
    """Something that was found, and where it is."""

    title: str
    more: str
    url: str
    icon: str


@dataclass(frozen=True)
class Hits:
    """What was found of one sort."""

    label: str
    rows: list[Hit]


def search(user: User, text: str) -> list[Hits]:
    """Return what has the text in its name; without a text the places and what was edited last."""
    words = text.strip()[:LONGEST]
    finders = FINDERS if words else FIRST
    found = (Hits(label, list(find(user, words))) for label, find in finders.items())
    return [hits for hits in found if hits.rows]


def _places(user: User, text: str) -> Iterator[Hit]:
    for place in places_of(user):
        if text.lower() in place.label.lower():
            yield Hit(place.label, "", reverse(place.name), place.icon)


def _workflows(user: User, text: str) -> Iterator[Hit]:
    seen = policies.visible(user, Workflow.objects.current().filter(name__icontains=text))
    for each in seen.select_related("folder").order_by("-updated_at")[:LISTED]:
        where = each.folder.name if each.folder else ""
        yield Hit(each.name, where, reverse("workflows:studio", args=[each.pk]), "workflow")


def _triggers(user: User, text: str) -> Iterator[Hit]:
    seen = policies.visible(user, Trigger.objects.matching(text))
    for each in seen.select_related("workflow").order_by("name")[:LISTED]:
        url = reverse("triggers:detail", args=[each.pk])
        yield Hit(each.name, f"starts {each.workflow.name}", url, "zap")


def _runs(user: User, text: str) -> Iterator[Hit]:
    """Find runs by their id, or by its end, as pages show it."""
    end = text.lower()
    if not END_OF_ID.fullmatch(end):
        return
    newest = policies.visible(user, Run.objects.all()).order_by("-created_at")
    named = Run.objects.annotate(name=Cast("pk", CharField())).filter(
        pk__in=newest.values("pk")[:RUNS_FROM], name__endswith=end
    )
    for each in named.select_related("workflow").order_by("-created_at")[:LISTED]:
        url = reverse("runs:detail", args=[each.pk])
        more = f"{STATES[each.status][0]}, run {short_id(each.pk)}"
        yield Hit(each.workflow.name, more, url, "activity")


def _members(user: User, text: str) -> Iterator[Hit]:
    named = User.objects.filter(Q(name__icontains=text) | Q(email__icontains=text))
    for each in policies.visible(user, named).order_by("name", "email")[:LISTED]:
        url = f"{reverse('accounts:members')}?{urlencode({'q': each.email})}"
        yield Hit(str(each), each.email, url, "user")


def _routes(user: User, text: str) -> Iterator[Hit]:
    named = ModelRoute.objects.filter(Q(alias__icontains=text) | Q(description__icontains=text))
    for each in policies.visible(user, named).order_by("alias")[:LISTED]:
        url = reverse("gateway:route", args=[each.alias])
        yield Hit(each.alias, each.description, url, "route")


def _prompts(user: User, text: str) -> Iterator[Hit]:
    named = Prompt.objects.filter(Q(name__icontains=text) | Q(slug__icontains=text))
    for each in policies.visible(user, named).order_by("name")[:LISTED]:
        yield Hit(each.name, each.slug, reverse("gateway:prompt", args=[each.slug]), "text-quote")


def _credentials(user: User, text: str) -> Iterator[Hit]:
    named = StoredCredential.objects.filter(name__icontains=text)
    for each in policies.visible(user, named).order_by("name")[:LISTED]:
        yield Hit(each.name, "", reverse("credentials:detail", args=[each.pk]), "key")


Finder = Callable[[User, str], Iterator[Hit]]
FIRST: dict[str, Finder] = {"Edited last": _workflows, "Places": _places}
FINDERS: dict[str, Finder] = {
    "Places": _places,
    "Workflows": _workflows,
    "Triggers": _triggers,
    "Runs": _runs,
    "Members": _members,
    "Routes": _routes,
    "Prompts": _prompts,
    "Credentials": _credentials,
}

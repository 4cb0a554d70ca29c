"""The frame around every page: workspace, navigation, current place, theme.

Nothing is asked of the database until a template shows it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.http import HttpRequest
from django.urls import reverse

from apps.accounts import policies
from apps.accounts.models import User
from apps.accounts.roles import ANY_MEMBER
from apps.accounts.session_store import SessionStore
from apps.common import navigation
from apps.common.cookies import cookie_name
from apps.tenants.context import current_scope

THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    name: str  # of its URL
    label: str
    icon: str
    permission: str = ANY_MEMBER
    on_tab_bar: bool = False
    waits: bool = False  # its count is of things that wait for a person


GROUPS: dict[str, tuple[Place, ...]] = {
    "": (
        Place("dashboard:home", "Home", "house", on_tab_bar=True),
        Place("workflows:list", "Workflows", "workflow", "workflow.view"),
        Place("reviews:list", "Reviews", "eye", "review.view", waits=True),
        Place("triggers:list", "Triggers", "zap", "trigger.view"),
        Place("runs:list", "Runs", "activity", "run.view", on_tab_bar=True),
        Place("runs:approvals", "Approvals", "hand", "approval.view", on_tab_bar=True, waits=True),
    ),
    "AI": (
        Place("gateway:overview", "RelayCore", "route", "provider.view", on_tab_bar=True),
        Place("gateway:usage", "Usage", "receipt", "usage.view"),
    ),
    "Workspace": (
        Place("dashboard:limits", "Limits", "layers", "usage.view"),
        Place("breakers:list", "Services", "plug", "service.view"),
        Place("accounts:members", "Members", "users", "member.view"),
        Place("identity:overview", "Single sign-on", "shield-check", "connection.view"),
        Place("accounts:sign_in_rules", "Sign-in rules", "lock", "connection.view"),
        Place("accounts:api_keys", "API keys", "key-round", "api_key.use"),
        Place("credentials:list", "Credentials", "key", "credential.view"),
        Place("access:report", "Access", "user-check", "audit.view"),
        Place("campaigns:list", "Access reviews", "list-checks", "campaign.decide", waits=True),
        Place("oversight:trail", "Audit log", "scroll-text", "audit.view"),
        Place("evidence:list", "Evidence", "clipboard", "evidence.view"),
        Place("operators:support", "Support access", "life-buoy", "member.manage"),
        Place("classification:list", "Data classes", "shield", "data_class.view"),
        Place("retention:overview", "Retention", "archive", "retention.view"),
        Place("portability:archives", "Archives", "package", "archive.view"),
    ),
}


@dataclass(frozen=True)
class Entry:
    """A place as one person sees it."""

    place: Place
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class Group:
    """Entries under a label."""

    label: str
    entries: list[Entry]


class Shell:
    """What the frame shows for one request."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @cached_property
    def user(self) -> User | None:
        """The member signed in; None for strangers and where there is no workspace."""
        user = getattr(self.request, "user", None)
        return user if isinstance(user, User) else None

    @property
    def first_name(self) -> str:
        """What to call the person signed in."""
        return str(self.user).split("@")[0].split()[0] if self.user else ""

    @cached_property
    def frame(self) -> str:
        """The template that pages for everybody extend: with navigation for members."""
        return "base.html" if self.user and self.tenant_name else "bare.html"

    @cached_property
    def tenant_name(self) -> str:
        """The workspace's name; empty on the platform's own sites."""
        tenant = current_scope().tenant
        return tenant.name if tenant else ""

    @property
    def workspace(self) -> str:
        """What the top left says."""
        return self.tenant_name or "Auterity"

    @cached_property
    def may_end(self) -> bool:
        """Whether the person signed in decides about the end of the workspace."""
        return policies.holds(self.user, "workspace.manage")

    @property
    def guest(self) -> User | None:
        """The person signed in where that is platform support."""
        return self.user if self.user and self.user.kind == User.Kind.SUPPORT else None

    @property
    def guest_until(self) -> datetime:
        """When platform support is shown out."""
        session = self.request.session
        assert isinstance(session, SessionStore)
        return session.last_moment()

    @property
    def host(self) -> str:
        """The address of the workspace, for people to compare."""
        return self.request.get_host()

    @property
    def theme(self) -> str:
        """The theme chosen on this device."""
        chosen = self.request.COOKIES.get(theme_cookie(self.request), "system")
        return chosen if chosen in THEMES else "system"

    @property
    def themes(self) -> tuple[tuple[str, str, str], ...]:
        """Value, label and icon of each theme."""
        return ("system", "System", "monitor"), ("light", "Light", "sun"), ("dark", "Dark", "moon")

    @cached_property
    def groups(self) -> list[Group]:
        """The navigation of the person signed in."""
        groups = [Group(label, list(self._entries(places))) for label, places in GROUPS.items()]
        return [group for group in groups if group.entries]

    @cached_property
    def unread(self) -> int:
        """How much news the person has not looked at."""
        return navigation.count("notifications:list", self.user)

    @property
    def tab_bar(self) -> list[Entry]:
        """The entries at the bottom of a phone."""
        return [entry for group in self.groups for entry in group.entries if entry.place.on_tab_bar]

    @cached_property
    def _current(self) -> str:
        """The longest address of a place that the page lies under."""
        path = self.request.path
        urls = [reverse(place.name) for places in GROUPS.values() for place in places]
        over = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
        return max(over, key=len, default="")

    def _entries(self, places: tuple[Place, ...]) -> Iterator[Entry]:
        for place in places:
            if policies.holds_anywhere(self.user, place.permission):
                url = reverse(place.name)
                count = navigation.count(place.name, self.user)
                yield Entry(place, url, count, url == self._current)


def theme_cookie(request: HttpRequest) -> str:
    """Return the name of the cookie that keeps the theme."""
    return cookie_name("theme", secure=request.is_secure())


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}

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
from apps.accounts.session_store import SessionStore
from apps.common import navigation
from apps.common.cookies import cookie_name
from apps.dashboard.places import GROUPS, Group, Place, open_to
from apps.tenants.context import current_scope

THEMES = ("system", "light", "dark")


@dataclass(frozen=True)
class Entry:
    """A place as one person sees it."""

    place: Place
    url: str
    count: int
    current: bool


@dataclass(frozen=True)
class Shown:
    """A group of the navigation as one person sees it."""

    group: Group
    entries: list[Entry]

    @property
    def is_open(self) -> bool:
        """Whether a group that folds stands open: one is there, or something in it waits."""
        return any(each.current or (each.place.waits and each.count) for each in self.entries)


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
    def groups(self) -> list[Shown]:
        """The navigation of the person signed in."""
        shown = [Shown(group, list(self._entries(group))) for group in GROUPS]
        return [each for each in shown if each.entries]

    @cached_property
    def unread(self) -> int:
        """How much news the person has not looked at."""
        return navigation.count("notifications:list", self.user)

    @property
    def tab_bar(self) -> list[Entry]:
        """The entries at the bottom of a phone."""
        return [entry for shown in self.groups for entry in shown.entries if entry.place.on_tab_bar]

    @cached_property
    def _current(self) -> str:
        """The longest address of a place that the page lies under."""
        path = self.request.path
        urls = [reverse(place.name) for group in GROUPS for place in group.places]
        over = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
        return max(over, key=len, default="")

    def _entries(self, group: Group) -> Iterator[Entry]:
        for place in open_to(self.user, group):
            url = reverse(place.name)
            count = navigation.count(place.name, self.user)
            yield Entry(place, url, count, url == self._current)


def theme_cookie(request: HttpRequest) -> str:
    """Return the name of the cookie that keeps the theme."""
    return cookie_name("theme", secure=request.is_secure())


def shell(request: HttpRequest) -> dict[str, Shell]:
    """Context processor: `shell` in every template."""
    return {"shell": Shell(request)}

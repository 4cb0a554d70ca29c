"""The tabs above the list of runs: the views that somebody sees, with how many runs each holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.errors import Invalid
from apps.common.navigation import bounded
from apps.runs.models import Run, SavedView
from apps.runs.searching import filtered, named
from apps.runs.services.saved_views import may_change

SHORT = ("hour", "day")  # times in which few enough runs begin to look at each


@dataclass(frozen=True)
class Tab:
    """One view as a tab; `count` is None where counting would read too many runs."""

    view: SavedView
    is_mine: bool
    is_current: bool
    count: int | None

    @property
    def query(self) -> str:
        """The filters as the list's address has them."""
        return urlencode(self.view.filters)


def tabs_of(user: User, wanted: Mapping[str, str]) -> list[Tab]:
    """Return somebody's own views, then those that others share; one at most is the current one."""
    views = policies.visible(user, SavedView.objects.select_related("owner")).order_by("created_at")
    ordered = sorted(views, key=lambda each: each.owner_id != user.pk)
    current = next((view for view in ordered if wanted and named(view.filters) == wanted), None)
    return [
        Tab(view, view.owner_id == user.pk, view == current, _count(view.filters, user))
        for view in ordered
    ]


def changeable(tabs: list[Tab], user: User) -> list[SavedView]:
    """Return the views that somebody may change."""
    return [tab.view for tab in tabs if may_change(tab.view, user)]


def _count(filters: Mapping[str, str], user: User) -> int | None:
    """Return how many runs there are up to a hundred, where an index finds them."""
    if "q" in filters or ("trigger" in filters and filters.get("time") not in SHORT):
        return None
    try:
        return bounded(filtered(policies.visible(user, Run.objects.all()), filters))
    except Invalid:  # the list says what is wrong with it
        return None

"""The places of a workspace, by what they are for: the navigation, and what a search finds."""

from collections.abc import Iterator
from dataclasses import dataclass

from apps.accounts import policies
from apps.accounts.models import User
from apps.accounts.roles import ANY_MEMBER


@dataclass(frozen=True)
class Place:
    """An entry of the navigation."""

    name: str  # of its URL
    label: str
    icon: str
    permission: str = ANY_MEMBER
    on_tab_bar: bool = False
    waits: bool = False  # its count is of things that wait for a person


@dataclass(frozen=True)
class Group:
    """Places under a label. `folds`: shut until it is asked for, so that daily work is in sight."""

    label: str
    places: tuple[Place, ...]
    folds: bool = False


GROUPS = (
    Group("", (
        Place("dashboard:home", "Home", "house", on_tab_bar=True),
        Place("workflows:list", "Workflows", "workflow", "workflow.view"),
        Place("reviews:list", "Reviews", "eye", "review.view", waits=True),
        Place("triggers:list", "Triggers", "zap", "trigger.view"),
        Place("runs:list", "Runs", "activity", "run.view", on_tab_bar=True),
        Place("runs:approvals", "Approvals", "hand", "approval.view", on_tab_bar=True, waits=True),
    )),
    Group("AI", (
        Place("gateway:overview", "RelayCore", "route", "provider.view", on_tab_bar=True),
        Place("gateway:usage", "Usage", "receipt", "usage.view"),
    )),
    Group("Workspace", (
        Place("accounts:members", "Members", "users", "member.view"),
        Place("accounts:api_keys", "API keys", "key-round", "api_key.use"),
        Place("credentials:list", "Credentials", "key", "credential.view"),
        Place("dashboard:limits", "Limits", "layers", "usage.view"),
        Place("breakers:list", "Services", "plug", "service.view"),
    )),
    Group("Security", (
        Place("identity:overview", "Single sign-on", "shield-check", "connection.view"),
        Place("accounts:sign_in_rules", "Sign-in rules", "lock", "connection.view"),
        Place("access:report", "Access", "user-check", "audit.view"),
        Place("campaigns:list", "Access reviews", "list-checks", "campaign.decide", waits=True),
        Place("operators:support", "Support access", "life-buoy", "member.manage"),
    ), folds=True),
    Group("Records", (
        Place("oversight:trail", "Audit log", "scroll-text", "audit.view"),
        Place("evidence:list", "Evidence", "clipboard", "evidence.view"),
        Place("classification:list", "Data classes", "shield", "data_class.view"),
        Place("retention:overview", "Retention", "archive", "retention.view"),
        Place("portability:archives", "Archives", "package", "archive.view"),
    ), folds=True),
)  # fmt: skip


def open_to(user: User | None, group: Group) -> Iterator[Place]:
    """Yield the places of a group that somebody may enter."""
    for place in group.places:
        if policies.holds_anywhere(user, place.permission):
            yield place


def places_of(user: User) -> Iterator[Place]:
    """Yield all places that somebody may enter, in the order of the navigation."""
    for group in GROUPS:
        yield from open_to(user, group)

"""Who holds what, read for many at once: roles with where they come from, keys, last signs of life.

What is told here is what `policies` decides by: a test asks both about every permission and place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Max, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Greatest
from django.utils import timezone

from apps.accounts import sources
from apps.accounts.models import ApiKey, RoleBinding, SignIn, User, UserQuerySet
from apps.identity.models import GroupRule, Link, TokenClient

DORMANT_AFTER = timedelta(days=90)
DIRECTLY = "given here"


@dataclass(frozen=True)
class Held:
    """A role that somebody holds, where, and by what."""

    role: str
    place: str
    path: str
    through: str
    since: datetime
    allowed: frozenset[str]
    binding: RoleBinding

    @property
    def is_shared(self) -> bool:
        """Whether it comes by a group."""
        return self.binding.group_id is not None


@dataclass(frozen=True)
class Opener:
    """A key, or a provider's token, by which somebody acts."""

    name: str
    kind: str
    role: str
    last_used_at: datetime | None
    ends_at: datetime | None
    source: ApiKey | TokenClient
    networks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holder:
    """A person or a program with all that they hold."""

    user: User
    roles: tuple[Held, ...]
    openers: tuple[Opener, ...]
    comes_through: str  # the provider or directory; empty for who signs in here alone
    last_seen_at: datetime | None
    has_second_factor: bool

    @property
    def is_program(self) -> bool:
        """Whether it is a service account."""
        return self.user.kind == User.Kind.SERVICE

    @property
    def is_dormant(self) -> bool:
        """Whether they could act, and nothing of them was seen for so long."""
        since = self.last_seen_at or self.user.created_at
        return self.user.is_active and since < timezone.now() - DORMANT_AFTER

    def allowed_at(self, path: str) -> frozenset[str]:
        """Return what all roles together allow at a folder's path."""
        if not self.user.is_active:
            return frozenset()
        return frozenset().union(*(h.allowed for h in self.roles if path.startswith(h.path)))


def everyone() -> UserQuerySet:
    """Return all people and programs, with the last sign of each: a sign-in, or a key's use."""
    signs = SignIn.objects.filter(user=OuterRef("pk")).values("user")
    uses = ApiKey.objects.filter(user=OuterRef("pk")).values("user")
    tokens = TokenClient.objects.filter(user=OuterRef("pk")).values("last_used_at")
    found: UserQuerySet = User.objects.filter(
        removed_at=None
    ).annotate(
        last_seen_at=Greatest(  # which passes over what is null
            F("last_login"),
            Subquery(signs.annotate(last=Max("seen_at")).values("last")),
            Subquery(uses.annotate(last=Max("last_used_at")).values("last")),
            Subquery(tokens[:1]),
        ),
        sort=Case(When(kind=User.Kind.HUMAN, then=Value(0)), default=Value(1)),
    )
    return found.order_by("sort", "name", "pk")


def dormant() -> Q:
    """Match who could act, and of whom nothing was seen for so long."""
    before = timezone.now() - DORMANT_AFTER
    never = Q(last_seen_at=None, created_at__lt=before)
    return Q(is_active=True) & (Q(last_seen_at__lt=before) | never)


def describe(users: Sequence[Any]) -> list[Holder]:
    """Return what each of them holds; so many queries, however many they are.

    The users come from `everyone().with_roles().with_second_factor()`.
    """
    ids = [user.pk for user in users]
    kept, linked = sources.of(ids), _linked(ids)
    openers = _openers(ids)
    return [
        Holder(
            user,
            tuple(_held(user, kept, linked)),
            tuple(openers.get(user.pk, ())),
            kept[user.pk].name if user.pk in kept else linked.get(user.pk, ("", False))[0],
            user.last_seen_at,
            user.has_second_factor,
        )
        for user in users
    ]


def _held(
    user: User, kept: dict[UUID, sources.Source], linked: dict[UUID, tuple[str, bool]]
) -> list[Held]:
    """Return the roles, those of the whole workspace first."""
    source = kept.get(user.pk)
    follows = source.name if source and source.decides_roles else ""
    name, decides = linked.get(user.pk, ("", False))
    own = f"groups in {follows or name}" if follows or decides else DIRECTLY
    found = [_told(each, own if _may_follow(each) else DIRECTLY) for each in user.role_bindings.all()]  # fmt: skip
    for group in user.in_groups.all():
        by = f"group {group.name}" + (", kept by a directory" if group.external_id else "")
        found += [_told(each, by) for each in group.role_bindings.all()]
    return sorted(found, key=lambda held: (held.path, held.role))


def _may_follow(binding: RoleBinding) -> bool:
    return binding.role.name != "owner"  # which no provider gives or takes


def _told(binding: RoleBinding, through: str) -> Held:
    place = binding.folder.name if binding.folder else "Workspace"
    role = binding.role
    return Held(role.label, place, binding.path, through, binding.created_at, role.allowed, binding)


def _linked(ids: Sequence[UUID]) -> dict[UUID, tuple[str, bool]]:
    """Return through which provider people come, and whether its groups decide their roles."""
    ruled = set(GroupRule.objects.values_list("connection", flat=True))
    links = Link.objects.filter(user__in=ids).select_related("connection").order_by("seen_at")
    return {link.user_id: (link.connection.name, link.connection_id in ruled) for link in links}


def _openers(ids: Sequence[UUID]) -> dict[UUID, list[Opener]]:
    found: dict[UUID, list[Opener]] = {}
    keys = ApiKey.objects.filter(user__in=ids).in_state("active").select_related("role", "virtual")
    for key in keys.order_by("name"):
        kind = "key for models" if getattr(key, "virtual", None) else "API key"
        opener = Opener(
            str(key),
            kind,
            key.role.label,
            key.last_used_at,
            key.expires_at,
            key,
            tuple(key.networks),
        )
        found.setdefault(key.user_id, []).append(opener)
    clients = TokenClient.objects.filter(user__in=ids)
    for client in clients.select_related("access__connection", "access__cap"):
        through = f"tokens of {client.access.connection}"
        cap = client.access.cap.label
        opener = Opener(through, "token of a provider", cap, client.last_used_at, None, client)
        found.setdefault(client.user_id, []).append(opener)
    return found


def rows(holder: Holder) -> list[dict[str, Any]]:
    """Return a line for each role and each opener; one that says so for who holds nothing."""
    who = {
        "id": str(holder.user.pk),
        "name": holder.user.name,
        "email": "" if holder.is_program else holder.user.email,
        "kind": "program" if holder.is_program else "person",
        "state": "active" if holder.user.is_active else "suspended",
        "comes_through": holder.comes_through,
        "second_factor": holder.has_second_factor,
        "last_seen_at": _time(holder.last_seen_at),
        "dormant": holder.is_dormant,
    }
    lines = [
        {"what": "role", "which": held.role, "where": held.place, "through": held.through, "since": _time(held.since), "last_used_at": None, "ends_at": None}
        for held in holder.roles
    ]  # fmt: skip
    lines += [
        {"what": each.kind, "which": each.name, "where": ", ".join(each.networks) or "everywhere", "through": each.role, "since": None, "last_used_at": _time(each.last_used_at), "ends_at": _time(each.ends_at)}
        for each in holder.openers
    ]  # fmt: skip
    nothing = dict.fromkeys(("which", "where", "through", "since", "last_used_at", "ends_at"))
    return [who | line for line in lines or [{"what": "nothing", **nothing}]]


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None

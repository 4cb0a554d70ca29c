"""Rights as campaigns see them, read from what `access` knows: the same reading when they are fixed and later.

`terms` are what a right is: where they differ later, it was changed. `signs` help to decide and may
differ from day to day.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

from apps.access.holders import Held, Holder, Opener, describe, everyone
from apps.accounts.models import ApiKey, Group, Membership, Role, RoleBinding, User, UserQuerySet
from apps.campaigns.models import Item, Sort
from apps.common.types import JSONDict
from apps.directory.models import Token

MOST_NAMED = 12
RANKS = {sort: rank for rank, sort in enumerate(Sort.values)}
Key: TypeAlias = tuple[str, UUID]


@dataclass(frozen=True)
class Right:
    """One thing that somebody holds."""

    sort: str
    ref: UUID
    holder_kind: str
    holder: UUID
    holder_label: str
    label: str
    terms: JSONDict
    signs: JSONDict
    place: str = "Workspace"
    path: str = ""
    roles: frozenset[str] = field(default_factory=frozenset)  # whose holding it is about
    maker: UUID | None = None

    @property
    def key(self) -> Key:
        """By what it is found again."""
        return self.sort, self.ref


def reviewed() -> UserQuerySet:
    """Return the people and programs whose rights are reviewed; platform support ends by itself."""
    return everyone().exclude(kind=User.Kind.SUPPORT).with_roles().with_second_factor()


def of_people(users: Sequence[User]) -> Iterator[Right]:
    """Yield the rights of some of `reviewed()`."""
    places = _places([user.pk for user in users])
    for holder in describe(users):
        kind = Item.Holder.PROGRAM if holder.is_program else Item.Holder.PERSON
        who: JSONDict = {
            "holder_kind": kind, "holder": holder.user.pk, "holder_label": str(holder.user)[:200],
        }  # fmt: skip
        signs = _signs(holder)
        yield _account(holder, places, who, signs)
        for held in holder.roles:
            if not held.is_shared and not holder.is_program:
                yield _held(held, who, signs)
        for opener in holder.openers:
            yield _opener(opener, who, signs)
        for membership in places.get(holder.user.pk, ()):
            yield _place(membership, who, signs)


def of_groups(groups: Iterable[Group]) -> Iterator[Right]:
    """Yield the roles that groups hold; they come with `role_bindings__role` and `__folder`."""
    for group in groups:
        who: JSONDict = {
            "holder_kind": Item.Holder.GROUP, "holder": group.pk, "holder_label": f"Group {group}",
        }  # fmt: skip
        signs = {"kept by": "a directory"} if group.external_id else {}
        for binding in group.role_bindings.all():
            yield _bound(binding, Sort.GROUP_ROLE, who, signs)


def of_directories(tokens: Iterable[Token]) -> Iterator[Right]:
    """Yield the tokens by which directories change people here."""
    for token in tokens:
        directory = token.directory
        yield Right(
            Sort.DIRECTORY, token.pk, Item.Holder.DIRECTORY, directory.pk, str(directory)[:200],
            f"{token}, gives at most {directory.cap}",
            {"role": directory.cap.name, "allows": _digest(_means(directory.cap)), "ends": _time(token.expires_at)},
            {"last used": _time(token.last_used_at), "made by": token.made_by},
            roles=frozenset({directory.cap.name}),
        )  # fmt: skip


def now(items: Iterable[Item]) -> dict[Key, Right]:
    """Return what some items' holders hold now, by sort and row."""
    holders: dict[str, set[UUID]] = {kind: set() for kind in Item.Holder.values}
    for item in items:
        holders[item.holder_kind].add(item.holder)
    people = holders[Item.Holder.PERSON] | holders[Item.Holder.PROGRAM]
    found = [*of_people(list(reviewed().filter(pk__in=people)))] if people else []
    found += of_groups(groups().filter(pk__in=holders[Item.Holder.GROUP]))
    found += of_directories(tokens().filter(directory__in=holders[Item.Holder.DIRECTORY]))
    return {right.key: right for right in found}


def groups() -> Any:
    """Return the groups with what they hold."""
    return Group.objects.prefetch_related("role_bindings__role", "role_bindings__folder")


def tokens() -> Any:
    """Return the tokens of directories that open."""
    related = ("directory__connection", "directory__cap")
    return Token.objects.usable().select_related(*related)


def changes(item: Item, right: Right | None) -> list[str]:
    """Return in words what of a right is not as it was; nothing for one that is as it was, or gone."""
    if right is None:
        return []
    before, after = item.terms, right.terms
    return [
        _change(name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _change(name: str, before: object, after: object) -> str:
    if name == "allows":
        return "What the role allows was changed."
    return f"{name.capitalize()}: {_shown(before)}, now {_shown(after)}."


def _shown(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value or "nothing")


def _account(
    holder: Holder, places: dict[UUID, list[Membership]], who: JSONDict, signs: JSONDict
) -> Right:
    """Return that somebody is here at all, with all that goes when they go."""
    roles = [f"{held.role} ({held.place}, {held.through})" for held in holder.roles]
    told = {"active": holder.user.is_active, "comes through": holder.comes_through}
    if holder.is_program:
        sort, label = Sort.PROGRAM, "Program"
    else:
        sort, label = Sort.MEMBER, "Member"
        told["e-mail"] = holder.user.email
    told |= {
        "roles": roles[:MOST_NAMED],
        "allows": _digest(_means(held.binding.role) for held in holder.roles),
    }
    keys = [each.source for each in holder.openers if isinstance(each.source, ApiKey)]
    counts = {"keys": len(keys), "groups": len(places.get(holder.user.pk, ()))}
    names = frozenset(held.binding.role.name for held in holder.roles)
    maker = next((key.created_by_id for key in keys), None) if holder.is_program else None
    return Right(
        sort, holder.user.pk, label=label, terms=told, signs=signs | counts, roles=names,
        maker=maker, **who,
    )  # fmt: skip


def _held(held: Held, who: JSONDict, signs: JSONDict) -> Right:
    sort = Sort.FOLDER if held.path else Sort.ROLE
    return _bound(held.binding, sort, who, signs | {"through": held.through})


def _bound(binding: RoleBinding, sort: str, who: JSONDict, signs: JSONDict) -> Right:
    role, folder = binding.role, binding.folder
    return Right(
        Sort.FOLDER if folder else sort, binding.pk, label=role.label,
        terms={"role": role.name, "allows": _digest(_means(role))},
        signs=signs | {"since": _time(binding.created_at)},
        place=folder.name if folder else "Workspace", path=binding.path,
        roles=frozenset({role.name}), **who,
    )  # fmt: skip


def _place(membership: Membership, who: JSONDict, signs: JSONDict) -> Right:
    bindings = list(membership.group.role_bindings.all())
    brings = sorted(f"{b.role} ({b.folder.name if b.folder else 'Workspace'})" for b in bindings)
    by = {"kept by": "a directory"} if membership.group.external_id else {}
    since = {"since": _time(membership.created_at), "group": str(membership.group_id)}
    return Right(
        Sort.MEMBERSHIP, membership.pk, label=f"In group {membership.group}"[:200],
        terms={"brings": brings[:MOST_NAMED], "allows": _digest(_means(b.role) for b in bindings)},
        signs=signs | by | since, roles=frozenset(b.role.name for b in bindings), **who,
    )  # fmt: skip


def _opener(opener: Opener, who: JSONDict, signs: JSONDict) -> Right:
    source = opener.source
    is_key = isinstance(source, ApiKey)
    role = source.role if isinstance(source, ApiKey) else source.access.cap
    return Right(
        Sort.KEY if is_key else Sort.CLIENT, source.pk, label=f"{opener.name}, {role}"[:200],
        terms={
            "role": role.name, "allows": _digest(_means(role)), "networks": list(opener.networks),
            "ends": _time(opener.ends_at),
        },
        signs=signs | {"last used": _time(opener.last_used_at), "since": _time(source.created_at)},
        roles=frozenset({role.name}),
        maker=source.created_by_id if isinstance(source, ApiKey) else None, **who,
    )  # fmt: skip


def _places(ids: Sequence[UUID]) -> dict[UUID, list[Membership]]:
    found: dict[UUID, list[Membership]] = {}
    memberships = Membership.objects.filter(user__in=ids).select_related("group")
    roles = ("group__role_bindings__role", "group__role_bindings__folder")
    for each in memberships.prefetch_related(*roles).order_by("group__name"):
        found.setdefault(each.user_id, []).append(each)
    return found


def _signs(holder: Holder) -> JSONDict:
    return {
        "comes through": holder.comes_through,
        "second factor": holder.has_second_factor,
        "last seen": _time(holder.last_seen_at),
        "dormant": holder.is_dormant,
        "suspended": not holder.user.is_active,
    }


def _means(role: Role) -> list[str]:
    """Return what a role stands for: a release that lets one of the product's do more changes no right."""
    return [role.name] if role.builtin else sorted(role.allowed)


def _digest(value: Iterable[Any]) -> str:
    """Return few characters that differ where what roles stand for does."""
    told = sorted(value)
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


def _time(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""

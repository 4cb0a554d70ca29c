"""Filters of the lists of people, groups and roles, for the API and the pages alike."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.accounts.models import Role, User
from apps.accounts.models.people import UserQuerySet
from apps.accounts.models.rights import GroupQuerySet
from apps.accounts.models.sign_ins import SignInQuerySet, bound_to
from apps.common.errors import Invalid
from apps.common.words import chosen

STATES = {"active": True, "suspended": False}
FACTORS = {"on": True, "off": False}
ORIGINS = {"built_in": True, "own": False}


def members_in(queryset: UserQuerySet, params: Mapping[str, str]) -> UserQuerySet:
    """Keep what the parameters ask for: q, role, group (its id), state, factor.

    Raises Invalid for a state or a factor that is none.
    """
    found = queryset.matching(
        text=params.get("q", "").strip(),
        role=params.get("role", ""),
        active=_chosen("state", STATES, params),
    ).with_second_factor(_chosen("factor", FACTORS, params))
    group = params.get("group", "")
    if not group:
        return found
    try:
        return found.filter(in_groups=UUID(group))
    except ValueError:
        raise Invalid.at("group", "This is no id of a group.") from None


def groups_in(queryset: GroupQuerySet, params: Mapping[str, str]) -> GroupQuerySet:
    """Keep what the parameters ask for: q, role."""
    return queryset.matching(text=params.get("q", "").strip(), role=params.get("role", ""))


def roles_in(queryset: QuerySet[Role], params: Mapping[str, str]) -> QuerySet[Role]:
    """Keep what the parameters ask for: q, origin. Raises Invalid for an origin that is none."""
    text = params.get("q", "").strip()
    found = queryset.filter(Q(label__icontains=text) | Q(name__icontains=text))
    builtin = _chosen("origin", ORIGINS, params)
    return found if builtin is None else found.filter(builtin=builtin)


def own_or_of(actor: User, queryset: SignInQuerySet, user: str) -> SignInQuerySet:
    """Keep where a member is signed in, named by id; without one, where the actor is."""
    try:
        person = User.objects.filter(pk=UUID(user)).first() if user else actor
    except ValueError:
        raise Invalid.at("user", "This is no id of a member.") from None
    if person is None:
        return queryset.none()
    return queryset.lasting().filter(user=person, bound_to=bound_to(person))


def _chosen(name: str, words: Mapping[str, bool], params: Mapping[str, str]) -> bool | None:
    return words.get(chosen(name, params, words))

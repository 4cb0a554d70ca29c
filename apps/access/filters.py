"""What the list of holders can be filtered by, for the page, the API and the files alike."""

from collections.abc import Mapping

from django.db.models import Q

from apps.access.holders import dormant, everyone
from apps.accounts import policies
from apps.accounts.models import RoleBinding, User, UserQuerySet
from apps.common.errors import Invalid

KINDS = {"person": User.Kind.HUMAN, "program": User.Kind.SERVICE}
STATES = {"active": Q(is_active=True), "suspended": Q(is_active=False)}
FACTORS = {"on": True, "off": False}
FIELDS = ("q", "kind", "role", "state", "factor", "use")


def seen_by(actor: User, params: Mapping[str, str]) -> UserQuerySet:
    """Return whom the report lists. Raises Forbidden for who sees only some folders, Invalid."""
    policies.require(actor, "audit.view")
    return holders_in(everyone(), params).with_roles()


def holders_in(found: UserQuerySet, params: Mapping[str, str]) -> UserQuerySet:
    """Keep what the parameters ask for. Raises Invalid for a word that is none of its field."""
    text = params.get("q", "").strip()
    found = found.filter(Q(name__icontains=text) | Q(email__icontains=text))
    if kind := _word("kind", KINDS, params):
        found = found.filter(kind=KINDS[kind])
    if state := _word("state", STATES, params):
        found = found.filter(STATES[state])
    if role := params.get("role", ""):
        found = found.holding(RoleBinding.objects.filter(role__name=role))
    if _word("use", {"dormant": True}, params):
        found = found.filter(dormant())
    factor = _word("factor", FACTORS, params)
    return found.with_second_factor(FACTORS[factor] if factor else None)


def _word(name: str, words: Mapping[str, object], params: Mapping[str, str]) -> str:
    word = params.get(name, "")
    if word and word not in words:
        raise Invalid.at(name, f"Use one of {', '.join(words)}.")
    return word

"""What the list of holders can be filtered by, for the page, the API and the files alike."""

from collections.abc import Mapping

from django.db.models import Q

from apps.access.holders import dormant, everyone
from apps.accounts import policies
from apps.accounts.models import RoleBinding, User, UserQuerySet
from apps.common.words import chosen

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
    if kind := chosen("kind", params, KINDS):
        found = found.filter(kind=KINDS[kind])
    if state := chosen("state", params, STATES):
        found = found.filter(STATES[state])
    if role := params.get("role", ""):
        found = found.holding(RoleBinding.objects.filter(role__name=role))
    if chosen("use", params, {"dormant": True}):
        found = found.filter(dormant())
    factor = chosen("factor", params, FACTORS)
    return found.with_second_factor(FACTORS[factor] if factor else None)

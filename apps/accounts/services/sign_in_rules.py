"""Changing what the workspace asks of sign-ins; what is open already follows at once."""

from datetime import timedelta
from typing import Any

from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Least
from django.utils import timezone

from apps.accounts import networks, policies
from apps.accounts.exceptions import UnknownRole
from apps.accounts.models import Role, SignIn, SignInRules, User
from apps.accounts.roles import FOR_KEYS
from apps.audit.services import record
from apps.common.errors import Invalid
from apps.common.requests import request_info

SHORTEST, LONGEST = timedelta(minutes=5), timedelta(days=90)
LONGEST_GRACE = timedelta(days=90)
MOST_SESSIONS = 100
SETTABLE = (
    "idle", "longest", "factor_for", "factor_roles", "factor_grace", "most_sessions", "networks",
)  # fmt: skip


@transaction.atomic
def change_sign_in_rules(changes: dict[str, Any], *, actor: User) -> SignInRules:
    """Change some of the rules. Raises Forbidden, Invalid, UnknownRole."""
    policies.require(actor, "connection.manage")
    SignInRules.objects.get_or_create(only=True)
    rules = SignInRules.objects.select_for_update().get()
    before = _told(rules)
    for name in SETTABLE:
        setattr(rules, name, changes.get(name, getattr(rules, name)))
    _check(rules)
    _check_places(rules, actor)
    after = _told(rules)
    if after == before:
        return rules
    if (before["factor_for"], before["factor_roles"]) != (rules.factor_for, rules.factor_roles):
        rules.factor_since = timezone.now()  # whoever is asked now has the whole grace
    rules.save()
    _shorten_sessions(rules)
    record("sign_in_rules.changed", actor=actor, target=rules, before=before, after=after)
    return rules


def _check(rules: SignInRules) -> None:
    if not SHORTEST <= rules.idle <= rules.longest:
        raise Invalid.at("idle", "Choose five minutes or more, and no more than the longest time.")
    if rules.longest > LONGEST:
        raise Invalid.at("longest", "Nobody stays signed in for more than 90 days.")
    if not timedelta(0) <= rules.factor_grace <= LONGEST_GRACE:
        raise Invalid.at("factor_grace", "Choose between none and 90 days.")
    if rules.factor_for != SignInRules.FactorFor.ROLES:
        rules.factor_roles = []
        return
    wanted = sorted(set(rules.factor_roles))
    if not wanted:
        raise Invalid.at("factor_roles", "Choose at least one role.")
    known = Role.objects.filter(name__in=wanted).exclude(name__in=FOR_KEYS)
    if known.count() != len(wanted):
        raise UnknownRole
    rules.factor_roles = wanted


def _check_places(rules: SignInRules, actor: User) -> None:
    """Raise Invalid where the sessions leave no room, or would shut out who sets them."""
    if rules.most_sessions is not None and not 1 <= rules.most_sessions <= MOST_SESSIONS:
        raise Invalid.at("most_sessions", f"Choose between one and {MOST_SESSIONS}.")
    rules.networks = networks.normal(rules.networks)
    address = request_info.get().ip
    by_session = actor.acting_key is None and bool(address)
    if by_session and not rules.let_in(address):
        raise Invalid.at("networks", f"You are at {address}, and would be out. Name it as well.")


def _shorten_sessions(rules: SignInRules) -> None:
    """Bring the ends of the open sessions forward to where the rules put them."""
    now = timezone.now()
    if rules.most_sessions is not None:
        over = SignIn.objects.beyond(rules.most_sessions)
        Session.objects.filter(pk__in=list(over.values_list("session_name", flat=True))).delete()
    Session.objects.filter(expire_date__gt=now + rules.idle).update(expire_date=now + rules.idle)
    noted = SignIn.objects.filter(session_name=OuterRef("pk"))
    open_ones = Session.objects.filter(pk__in=SignIn.objects.values("session_name"))
    open_ones.update(
        expire_date=Least(
            F("expire_date"),
            Subquery(_ends(noted, "seen_at", rules.idle)),
            Subquery(_ends(noted, "began_at", rules.longest)),
        )
    )


def _ends(noted: QuerySet[SignIn], since: str, length: timedelta) -> QuerySet[SignIn, Any]:
    return noted.values(end=F(since) + length)


def _told(rules: SignInRules) -> dict[str, Any]:
    return {
        "idle": str(rules.idle),
        "longest": str(rules.longest),
        "factor_for": str(rules.factor_for),
        "factor_roles": list(rules.factor_roles),
        "factor_grace": str(rules.factor_grace),
        "most_sessions": rules.most_sessions,
        "networks": list(rules.networks),
    }

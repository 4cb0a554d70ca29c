"""A test of a connection: what was received, what each thing is used for, and what would happen."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from apps.accounts.models import Folder
from apps.common.types import JSONDict
from apps.identity import granting
from apps.identity.admission import Plan, Step, plan
from apps.identity.asserted import Asserted, read
from apps.identity.exceptions import SignInRefused
from apps.identity.models import Attempt, Connection

CHECKED = {
    "oidc": ["ID token signed", "Issuer", "Audience", "Answers our request", "PKCE", "Not too old", "Used once"],
    "saml": ["Assertion signed", "Issuer", "Audience", "Recipient", "Answers our request", "Not too old", "Used once"],
}  # fmt: skip
WOULD = {
    Step.KNOWN: "{who} would be signed in.",
    Step.LINK: "{who} is a member already and would be linked to this identity, then signed in.",
    Step.JOIN: "{who} would become a member and be signed in.",
}
TOO_LONG = 300


def report(connection: Connection, claims: JSONDict) -> JSONDict:
    """Return what a test found; nothing is changed by it."""
    told: JSONDict = {
        "claims": rows(claims, connection),
        "checks": CHECKED[connection.protocol],
        "problem": None,
    }
    try:
        person = read(claims, connection)
        told["groups"] = _groups(connection, person)
        decided = plan(connection, person)
    except SignInRefused as error:
        return told | {"problem": problem(error, claims)}
    return told | {"would": _would(decided, person), "roles": _roles(decided)}


def failed(error: SignInRefused, received: Sequence[JSONDict] = ()) -> JSONDict:
    """Return what a test found whose answer is not believed, beside what was received all the same."""
    return {"claims": list(received), "checks": [], "groups": [], "problem": problem(error, {})}


def problem(error: SignInRefused, claims: JSONDict) -> JSONDict:
    """Return what is wrong, in words: what happened, and what to do."""
    hint = error.hint
    if error.code == "no_role" and "_claim_names" in claims:
        hint = "Entra sent a pointer instead of the groups, as it does for people in more than 200: choose Groups assigned to the application."
    return {"code": error.reason, "what": error.detail, "todo": hint}


def finish(attempt: Attempt, told: JSONDict) -> None:
    """Keep what a test found; one that passed lets the connection be switched on."""
    attempt.report = told
    attempt.save(update_fields=["report", "updated_at"])
    if told["problem"] is None:
        Connection.objects.filter(pk=attempt.connection_id).update(
            tested=fingerprint(attempt.connection)
        )


def fingerprint(connection: Connection) -> str:
    """Return a digest of what a test depends on: after a change it has to be tested again."""
    tried = [
        connection.protocol, connection.issuer, connection.client_id, connection.sealed_secret,
        connection.email_claim, connection.groups_claim,
    ]  # fmt: skip
    if connection.is_saml:
        tried += [connection.sso_url, *connection.certificates]
    return hashlib.sha256(json.dumps(tried).encode()).hexdigest()


def is_tested(connection: Connection) -> bool:
    """Tell whether a test passed with the settings that are entered."""
    return connection.tested == fingerprint(connection.proposed)


def rows(claims: JSONDict, connection: Connection) -> list[JSONDict]:
    """Return the claims that are used, also those that are missing, then the others."""
    used = {
        connection.subject_claim: "Person id",
        connection.email_claim: "E-mail",
        "email_verified": "Vouched for",
        connection.name_claim: "Name",
        connection.groups_claim: "Groups",
    }
    used.pop("", None)
    optional = {"email_verified", connection.groups_claim}
    named = [_row(name, claims.get(name), used[name], name not in optional) for name in used]
    rest = [_row(name, claims[name], "", False) for name in sorted(claims) if name not in used]
    return named + rest


def _row(name: str, value: Any, used_as: str, needed: bool) -> JSONDict:
    text = (
        ", ".join(map(str, value))
        if isinstance(value, list)
        else ""
        if value is None
        else str(value)
    )
    return {
        "name": name,
        "value": text[:TOO_LONG],
        "used_as": used_as,
        "missing": value is None,
        "bad": needed and value is None,
    }


def _groups(connection: Connection, person: Asserted) -> list[JSONDict]:
    mapped = {rule.group for rule in granting.matching(connection, person.groups)}
    return [{"name": group, "mapped": group in mapped} for group in person.groups[:200]]


def _would(decided: Plan, person: Asserted) -> str:
    return WOULD[decided.step].format(who=str(decided.user) if decided.user else person.name)


def _roles(decided: Plan) -> list[str]:
    """Return the roles that would be held, in words."""
    if decided.roles is None:
        return [f"{decided.user.role}"] if decided.user and decided.user.role else []
    names = dict(
        Folder.objects.filter(pk__in=[p for p in decided.roles if p]).values_list("pk", "name")
    )
    return [
        f"{role.label} in {names[place]}" if place else role.label
        for place, role in decided.roles.items()
    ]

"""A test of a connection: what was received, what each thing is used for, and what would happen."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from apps.accounts.models import Folder
from apps.common.types import JSONDict
from apps.identity import granting
from apps.identity.admission import Plan, Step, check_inside, plan
from apps.identity.asserted import Asserted, read
from apps.identity.exceptions import EmailNotVerified, NoEmail, SignInRefused
from apps.identity.models import Attempt, Connection, SetupLink

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


@dataclass(frozen=True)
class Outcome:
    """What a sign-in of whoever tested would come to, as things stand now."""

    would: str = ""
    roles: list[str] = field(default_factory=list)
    groups: list[JSONDict] = field(default_factory=list)
    left: JSONDict | None = None  # what is in their way here, although the provider did its part


def report(connection: Connection, claims: JSONDict) -> JSONDict:
    """Return what a test found of the provider's part; nothing is changed by it.

    What is still missing here is no fault of the provider: `outcome` tells it, each time anew.
    """
    told: JSONDict = {
        "claims": rows(claims, connection),
        "checks": CHECKED[connection.protocol],
        "problem": None,
        "over": "_claim_names" in claims,
    }
    try:
        person = read(claims, connection)
        told["person"] = asdict(person)
        _check(connection, person)
    except SignInRefused as error:
        told["problem"] = problem(error)
    return told


def _check(connection: Connection, person: Asserted) -> None:
    """Refuse an address that nobody could come in by. Raises NoEmail, OutsideDomains, EmailNotVerified."""
    if not person.email:
        raise NoEmail
    if connection.domains.proved().exists():
        check_inside(connection, person)
    if not person.email_verified:
        raise EmailNotVerified


def outcome(
    connection: Connection, told: JSONDict, link: SetupLink | None = None
) -> Outcome | None:
    """Return what would happen now to whom a test showed; nothing where the provider's part failed.

    Whoever holds a set-up link learns who is a member here only once they hold the domain's DNS too.
    """
    known = told.get("person")
    if told.get("problem") or not known:
        return None
    connection = connection.proposed  # what was tested
    person = Asserted(**known | {"groups": tuple(known["groups"])})
    groups = _groups(connection, person)
    if link is not None and link.proved_at is None:
        return Outcome(groups=groups)
    try:
        decided = plan(
            connection, person, ceiling=link.cap if link and link.may_switch_on else None
        )
    except SignInRefused as error:
        return Outcome(groups=groups, left=problem(error, is_over=told.get("over", False)))
    return Outcome(_would(decided, person), _roles(decided), groups)


def last_outcome(connection: Connection, link: SetupLink | None = None) -> Outcome | None:
    """Return what would happen now to whom the last test showed; nothing without one that passed."""
    last = Attempt.objects.tests().filter(connection=connection).first()
    return outcome(connection, last.report, link) if last and last.report else None


def failed(error: SignInRefused, received: Sequence[JSONDict] = ()) -> JSONDict:
    """Return what a test found whose answer is not believed, beside what was received all the same."""
    return {"claims": list(received), "checks": [], "problem": problem(error)}


def problem(error: SignInRefused, *, is_over: bool = False) -> JSONDict:
    """Return what is wrong, in words: what happened, and what to do."""
    hint = error.hint
    if error.code == "no_role" and is_over:
        hint = "Entra sent a pointer instead of the groups, as it does for people in more than 200: choose Groups assigned to the application."
    return {"code": error.reason, "what": error.detail, "todo": hint}


def finish(attempt: Attempt, told: JSONDict) -> None:
    """Keep what a test found; one in which the provider did its part lets it be switched on."""
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
    roles: dict[str, list[str]] = {}
    for rule in granting.matching(connection, person.groups):
        place = f" in {rule.folder.name}" if rule.folder else ""
        roles.setdefault(rule.group, []).append(f"{rule.role.label}{place}")
    return [
        {"name": group, "mapped": group in roles, "role": ", ".join(roles.get(group, []))}
        for group in person.groups[:200]
    ]


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

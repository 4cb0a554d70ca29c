"""What the library takes loosely, sign by sign: for whom, where, in answer to what, and when."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from apps.identity.exceptions import AssertionRefused
from apps.identity.models import Attempt, Connection
from apps.identity.saml.endpoints import Endpoints
from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import Element, local, name, text_of
from apps.identity.vendors import ACS, ENTITY, told_to_set

SKEW = timedelta(seconds=60)
LAST = (
    datetime.max.replace(tzinfo=UTC) - SKEW
)  # some providers say "never" with the last second of all
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
CONDITIONS = frozenset({"AudienceRestriction", "OneTimeUse", "ProxyRestriction"})
CLOCK = "Check the clock of the provider."


@dataclass(frozen=True)
class Expected:
    """What the answer to one request must say."""

    connection: Connection
    ours: Endpoints
    request_id: str
    asked_at: datetime


def check(root: Element, assertion: Element, expected: Expected) -> datetime:
    """Return until when the assertion could be used. Raises AssertionRefused unless all fits."""
    _check_issuers(root, assertion, expected.connection)
    _check_place("Destination", root.get("Destination"), expected)
    _check_answers(root.get("InResponseTo"), expected)
    _check_audience(assertion, expected)
    _check_age(assertion, expected)
    return _confirmed(assertion, expected)


def expected_of(attempt: Attempt, request_id: str, ours: Endpoints) -> Expected:
    """Return what an answer to this attempt must say."""
    return Expected(attempt.connection, ours, request_id, attempt.created_at)


def _check_issuers(root: Element, assertion: Element, connection: Connection) -> None:
    named = [text_of(each) for each in (root.find(name("saml:Issuer")),) if each is not None]
    for issuer in [*named, text_of(assertion.find(name("saml:Issuer")))]:
        if issuer != connection.issuer:
            raise refuse(
                "issuer", f"The response is from {issuer[:200] or 'nobody'}; this connection expects {connection.issuer}.",
                "Give us the metadata of the provider that people sign in at.",
            )  # fmt: skip


def _check_place(what: str, given: str | None, expected: Expected) -> None:
    """The response names the very address at which it came: not its beginning, not a part of it."""
    wanted = expected.ours.acs
    if given != wanted:
        named = f"for the address {given[:300]}" if given else "for no address"
        raise refuse(
            what.lower(), f"The response is {named} ({what}); this workspace expects {wanted}.",
            told_to_set(expected.connection.vendor, ACS, wanted),
        )  # fmt: skip


def _check_answers(given: str | None, expected: Expected) -> None:
    if given != expected.request_id:
        raise refuse("in_response_to", "The response belongs to another sign-in.", "Begin again.")


def _check_audience(assertion: Element, expected: Expected) -> None:
    conditions = assertion.find(name("saml:Conditions"))
    assert conditions is not None
    if any(local(each) not in CONDITIONS for each in conditions):
        raise refuse("condition", "The assertion has a condition that we do not know.")
    wanted = expected.ours.entity_id
    restrictions = conditions.findall(name("saml:AudienceRestriction"))
    meant = [[text_of(each) for each in one.findall(name("saml:Audience"))] for one in restrictions]
    if not meant or any(wanted not in one for one in meant):
        given = ", ".join(text[:300] for one in meant for text in one) or "nobody"
        raise refuse(
            "audience", f"The response is for audience {given}; this workspace expects {wanted}.",
            told_to_set(expected.connection.vendor, ENTITY, wanted),
        )  # fmt: skip
    _check_window(conditions)


def _check_window(conditions: Element) -> None:
    begins, ends = time_of(conditions, "NotBefore"), time_of(conditions, "NotOnOrAfter")
    now = timezone.now()
    if begins is not None and begins > now + SKEW:
        raise refuse(
            "too_early", f"The assertion counts from {begins:%H:%M:%S} on (UTC) only.", CLOCK
        )
    if ends is None or ends <= now - SKEW:
        raise _over(ends)


def _check_age(assertion: Element, expected: Expected) -> None:
    """It was made after we asked, and not in the future."""
    made = time_of(assertion, "IssueInstant")
    now = timezone.now()
    if made is None or made > now + SKEW:
        raise refuse("from_the_future", "The assertion is from the future.", CLOCK)
    if made < expected.asked_at - SKEW:
        raise refuse(
            "made_before", "The assertion is older than the sign-in that it answers.", CLOCK
        )


def _confirmed(assertion: Element, expected: Expected) -> datetime:
    """Check what binds the assertion to this browser, and return when that ends."""
    confirmation = assertion.find(f"{name('saml:Subject')}/{name('saml:SubjectConfirmation')}")
    data = None if confirmation is None else confirmation.find(name("saml:SubjectConfirmationData"))
    if confirmation is None or data is None or confirmation.get("Method") != BEARER:
        raise refuse("confirmation", "The assertion is not confirmed for its bearer.")
    _check_place("Recipient", data.get("Recipient"), expected)
    _check_answers(data.get("InResponseTo"), expected)
    begins, ends = time_of(data, "NotBefore"), time_of(data, "NotOnOrAfter")
    if begins is not None and begins > timezone.now() + SKEW:
        raise refuse("too_early", "The assertion may not be used yet.", CLOCK)
    if ends is None or ends <= timezone.now() - SKEW:
        raise _over(ends)
    return min(ends, LAST) + SKEW


def _over(ends: datetime | None) -> AssertionRefused:
    if ends is None:
        return refuse("no_end", "The assertion does not say until when it counts.")
    return refuse("too_old", f"The assertion counted until {ends:%H:%M:%S} (UTC).", CLOCK)


def time_of(element: Element, attribute: str) -> datetime | None:
    """Return a time or None; SAML knows UTC alone. Raises AssertionRefused for what is none."""
    text = element.get(attribute)
    if text is None:
        return None
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() != timedelta(0):
        raise refuse("time", f"{attribute} of the {local(element)} is not a time in UTC.")
    return at

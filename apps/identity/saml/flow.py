"""The way to a SAML provider and back: a signed request, and an answer taken once."""

import hashlib
from datetime import datetime

from django.db import IntegrityError, transaction
from lxml import etree
from lxml.builder import ElementMaker

from apps.common.types import JSONDict
from apps.identity import attempts
from apps.identity.exceptions import AnswerRefused, AssertionRefused, AttemptClosed
from apps.identity.models import Attempt, Connection, SeenAssertion
from apps.identity.saml import checks, gate, keys, library
from apps.identity.saml.checks import Expected
from apps.identity.saml.claims import claims as claims_of
from apps.identity.saml.endpoints import Endpoints
from apps.identity.saml.gate import Response
from apps.identity.saml.metadata import POST
from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import SAML, SAMLP


def address(attempt: Attempt, ours: Endpoints, *, anew: bool = False) -> str:
    """Return where the browser goes: to the provider, with a request that we signed.

    `anew`: the provider is to ask also whom it knows to be signed in.
    """
    connection = attempt.connection
    protocol = ElementMaker(namespace=SAMLP, nsmap={"samlp": SAMLP, "saml": SAML})
    issuer = ElementMaker(namespace=SAML)
    # No policy of Name IDs and no wish how people sign in: both are the provider's to decide.
    request = protocol.AuthnRequest(
        issuer.Issuer(ours.entity_id),
        ID=request_id(attempt), Version="2.0", Destination=connection.sso_url,
        IssueInstant=f"{attempt.created_at:%Y-%m-%dT%H:%M:%SZ}", ProtocolBinding=POST,
        AssertionConsumerServiceURL=ours.acs, **({"ForceAuthn": "true"} if anew else {}),
    )  # fmt: skip
    return library.signed_redirect(etree.tostring(request), connection, ours, keys.present())


def request_id(attempt: Attempt) -> str:
    """Return what the answer must name: nobody can make one up."""
    return f"_{attempts.state(attempt)}"


def asked(response: Response, connection: Connection) -> Attempt:
    """Return the open attempt that a response answers. Raises AssertionRefused, AttemptClosed."""
    if not response.answers:
        raise refuse(
            "unsolicited", f"{connection} sent you here without being asked.",
            "Begin the sign-in here: enter this workspace's address in the provider as the sign-in page.",
        )  # fmt: skip
    attempt = attempts.find(response.answers.removeprefix("_"))
    if attempt.connection_id != connection.pk:
        raise AttemptClosed
    return attempt


def take(response: Response, attempt: Attempt, ours: Endpoints) -> None:
    """Keep what the provider vouches for until the browser that asked comes for it.

    Raises AssertionRefused, ProviderRefused or AttemptClosed.
    """
    expected = checks.expected_of(attempt, request_id(attempt), ours)
    told, usable_until = believed(response, expected)
    with transaction.atomic():
        SeenAssertion.objects.over().delete()
        digest = hashlib.sha256(response.assertion.get("ID", "").encode()).hexdigest()
        try:
            with transaction.atomic():
                SeenAssertion.objects.create(
                    connection=attempt.connection, digest=digest, expires_at=usable_until
                )
        except IntegrityError as error:
            raise refuse("replayed", "This assertion was used already.", "Begin again.") from error
        if not attempts.answer(attempt, told):
            raise AttemptClosed


def believed(response: Response, expected: Expected) -> tuple[JSONDict, datetime]:
    """Return what an answer says, after all of it was checked, and until when it can be used."""
    gate.admit(response)
    # Twice: before, for words about what is wrong; then on what was signed, for good.
    checks.check(response.root, response.assertion, expected)
    assertion = library.verified(response, expected.connection, expected.ours)
    usable_until = checks.check(response.root, assertion, expected)
    return claims_of(assertion), usable_until


def shown(response: Response) -> JSONDict:
    """Return what an answer that is not believed would say: for the eyes of whoever tests."""
    try:
        return claims_of(response.assertion)
    except AssertionRefused:
        return {}


def claims(attempt: Attempt) -> JSONDict:
    """Hand out what was taken for an attempt, and forget it. Raises AnswerRefused for nothing."""
    told = attempt.answer
    if told is None:
        raise AnswerRefused("The provider did not answer this sign-in.")
    attempt.answer = None
    attempt.save(update_fields=["answer", "updated_at"])
    return told

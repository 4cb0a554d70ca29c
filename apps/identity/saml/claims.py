"""From an assertion that was verified to what it says of a person, by name."""

from apps.common.types import JSONDict
from apps.identity.models import NAME_ID, NAME_ID_FORMAT
from apps.identity.saml.checks import time_of
from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import Element, name, text_of

MAX_SUBJECT, MAX_NAME = 255, 250
# What Auth0 calls the one attribute that vouches for an address.
VERIFIED = {"http://schemas.auth0.com/email_verified": "email_verified"}


def claims(assertion: Element) -> JSONDict:
    """Return who the person is and what is said of them. Raises AssertionRefused."""
    found = assertion.find(f"{name('saml:Subject')}/{name('saml:NameID')}")
    subject = text_of(found)
    if found is None or not 0 < len(subject) <= MAX_SUBJECT or len(found):
        raise refuse("subject", "The Name ID is not a text of 1 to 255 signs.")
    told: JSONDict = {NAME_ID: subject, NAME_ID_FORMAT: found.get("Format", "").rpartition(":")[2]}
    for attribute in assertion.iter(name("saml:Attribute")):
        called = attribute.get("Name", "")[:MAX_NAME]
        values = [text_of(each) for each in attribute.findall(name("saml:AttributeValue"))]
        told.setdefault(VERIFIED.get(called, called), values)
    return told | _asked(assertion)


def _asked(assertion: Element) -> JSONDict:
    """Return when the provider asked the person who they are, under OpenID Connect's name for it."""
    statement = assertion.find(name("saml:AuthnStatement"))
    at = None if statement is None else time_of(statement, "AuthnInstant")
    return {} if at is None else {"auth_time": at.timestamp()}

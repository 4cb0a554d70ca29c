"""The gate in front of the library: a response has one shape, or it goes no further.

Nothing is believed here. What the library then verifies can only be the one assertion that is read
afterwards, since there is no second one, no second place for a signature, and no transform that
could choose another part of the document.
"""

import base64
import binascii
from collections import Counter
from dataclasses import dataclass

from apps.identity.exceptions import ProviderRefused
from apps.identity.saml import signatures
from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import SMALLER, Element, local, name, parsed, text_of

MAX_BYTES = 256 << 10
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
ID_ATTRIBUTES = frozenset({"ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id"})
ENCRYPTED = frozenset({"EncryptedAssertion", "EncryptedID", "EncryptedAttribute", "EncryptedData"})
# What each part may hold, and how often: at least, at most.
IN_RESPONSE = {
    "saml:Issuer": (0, 1), "ds:Signature": (0, 1), "samlp:Status": (1, 1), "saml:Assertion": (1, 1),
}  # fmt: skip
IN_ASSERTION = {
    "saml:Issuer": (1, 1), "ds:Signature": (1, 1), "saml:Subject": (1, 1), "saml:Conditions": (1, 1),
    "saml:AuthnStatement": (1, 1), "saml:AttributeStatement": (0, 1),
}  # fmt: skip
IN_SUBJECT = {"saml:NameID": (1, 1), "saml:SubjectConfirmation": (1, 1)}


@dataclass(frozen=True)
class Response:
    """A response as it came; nothing in it is believed yet."""

    raw: bytes
    root: Element

    @property
    def answers(self) -> str:
        """The id of the request that it says to answer; empty where nobody asked."""
        return str(self.root.get("InResponseTo", ""))

    @property
    def assertion(self) -> Element:
        """The one assertion of what was admitted. Raises AssertionRefused where none is."""
        found = self.root.find(name("saml:Assertion"))
        if found is None:
            raise refuse("assertions", "The response holds no assertion.")
        return found


def opened(text: str) -> Response:
    """Return the response in a form's field, whatever its shape. Raises AssertionRefused."""
    raw = _decoded(text)
    return Response(raw, parsed(raw, most=MAX_BYTES, what="response"))


def admit(response: Response) -> None:
    """Let through what has the one right shape. Raises AssertionRefused, ProviderRefused."""
    root = response.root
    if root.tag != name("samlp:Response") or root.get("Version") != "2.0":
        raise refuse("not_a_response", "What came is not a response of SAML 2.0.")
    _check_ids(root)
    _check_status(root)
    _check_names(root)
    _check_holds(root, IN_RESPONSE)
    assertion = response.assertion
    if assertion.get("Version") != "2.0":
        raise refuse("not_a_response", "The assertion is not one of SAML 2.0.")
    _check_signed(root, assertion)
    _check_holds(assertion, IN_ASSERTION)
    subject = assertion.find(name("saml:Subject"))
    assert subject is not None
    _check_holds(subject, IN_SUBJECT)


def _decoded(text: str) -> bytes:
    if len(text) > MAX_BYTES * 3 // 2:
        raise refuse("too_large", "The response is larger than 256 KiB.", SMALLER)
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise refuse("not_base64", "The response is not in base64.") from error


def _check_ids(root: Element) -> None:
    """Two elements of one id: a signature could be looked up at one and the person at the other."""
    ids = Counter(
        value for element in root.iter() for key, value in element.items() if key in ID_ATTRIBUTES
    )
    if any(count > 1 for count in ids.values()):
        raise refuse("same_id", "Two parts of the response have the same ID.")


def _check_status(root: Element) -> None:
    """Say in the provider's words why it let somebody not through."""
    status = root.find(name("samlp:Status"))
    code = None if status is None else status.find(name("samlp:StatusCode"))
    if status is None or code is None:
        raise refuse("shape", "The response has no status.")
    if code.get("Value") == SUCCESS:
        return
    inner = code.find(name("samlp:StatusCode"))
    value = (code if inner is None else inner).get("Value", "")
    said = text_of(status.find(name("samlp:StatusMessage"))) or value.rpartition(":")[2]
    raise ProviderRefused(f"The identity provider did not let you through: {said[:300]}")


def _check_names(root: Element) -> None:
    """One response, one assertion, whatever namespaces they claim; nothing encrypted."""
    names = Counter(local(element) for element in root.iter("*"))
    if names.keys() & ENCRYPTED:
        raise refuse(
            "encrypted", "The assertion, or a part of it, is encrypted.",
            "Switch encryption off in the provider: what is sent travels over TLS.",
        )  # fmt: skip
    if names["Response"] != 1 or names["Assertion"] != 1:
        raise refuse("assertions", "The response does not hold exactly one assertion.")


def _check_signed(root: Element, assertion: Element) -> None:
    """Signatures stand where they belong, and the assertion has one."""
    found = [element for element in root.iter("*") if local(element) == "Signature"]
    homes = [signature.getparent() for signature in found]
    if any(home is not root and home is not assertion for home in homes):
        raise refuse("signature_place", "A signature stands where none belongs.")
    if assertion not in homes:
        raise refuse(
            "not_signed", "The assertion is not signed.",
            "Let the provider sign the assertion, not only the response.",
        )  # fmt: skip
    for signature, home in zip(found, homes, strict=True):
        assert home is not None
        signatures.check(signature, home)


def _check_holds(element: Element, allowed: dict[str, tuple[int, int]]) -> None:
    held = Counter(str(child.tag) for child in element)
    limits = {name(each): limit for each, limit in allowed.items()}
    for tag in limits.keys() | held.keys():
        least, most = limits.get(tag, (0, 0))
        if not least <= held[tag] <= most:
            part = tag.rpartition("}")[2]
            raise refuse("shape", f"{local(element)} holds {held[tag]} parts called {part}.")

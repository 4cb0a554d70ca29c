"""Signatures, before anything of them is computed: where they point, and by which algorithms.

What is not listed is refused: transforms run before a signature is known to be good, so a stranger
would choose what we compute.
"""

from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import Element, local, name

EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
PREFIXES = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
MORE, ENC = "http://www.w3.org/2001/04/xmldsig-more#", "http://www.w3.org/2001/04/xmlenc#"
METHODS = frozenset({f"{MORE}rsa-sha256", f"{MORE}rsa-sha384", f"{MORE}rsa-sha512"})
DIGESTS = frozenset({f"{ENC}sha256", f"{MORE}sha384", f"{ENC}sha512"})
# Keys in the document are hints that nobody follows; these are the inert ones.
HINTS = frozenset(
    {"KeyName", "X509Data", "X509Certificate", "X509SubjectName", "X509IssuerSerial",
     "X509IssuerName", "X509SerialNumber", "X509SKI", "KeyValue", "RSAKeyValue", "Modulus", "Exponent"}
)  # fmt: skip
CHOOSE = "Choose RSA-SHA256 as signature algorithm in the provider, and SHA-256 as digest."


def check(signature: Element, signed: Element) -> None:
    """Refuse a signature that is not plainly over the element that holds it."""
    info, *rest = _parts(signature, "SignedInfo", "SignatureValue", "KeyInfo?")
    if rest[1] is not None:
        _check_hints(rest[1])
    canonicalization, method, reference = _parts(
        _there(info), "CanonicalizationMethod", "SignatureMethod", "Reference"
    )
    _check_canonicalization(_there(canonicalization))
    _check_algorithm(_there(method), METHODS)
    _check_reference(_there(reference), signed)


def _check_reference(reference: Element, signed: Element) -> None:
    given = signed.get("ID", "")
    if not given or reference.get("URI") != f"#{given}":
        raise refuse(
            "signature_elsewhere", "The signature is over another part than the one it is in."
        )
    transforms, digest, _ = _parts(reference, "Transforms", "DigestMethod", "DigestValue")
    steps = list(_there(transforms))
    if [step.get("Algorithm") for step in steps] != [ENVELOPED, EXCLUSIVE] or len(steps[0]):
        raise refuse(
            "transforms", "The signature asks for transforms that we do not carry out.",
            "Choose exclusive canonicalization in the provider.",
        )  # fmt: skip
    _check_canonicalization(steps[1])
    _check_algorithm(_there(digest), DIGESTS)


def _check_canonicalization(element: Element) -> None:
    """Exclusive canonicalization and, within it, nothing but a list of prefixes."""
    inner = list(element)
    plain = all(each.tag == PREFIXES and not len(each) for each in inner) and len(inner) <= 1
    if element.get("Algorithm") != EXCLUSIVE or not plain:
        raise refuse(
            "canonicalization", "The signature is not over exclusive canonical XML.",
            "Choose exclusive canonicalization in the provider.",
        )  # fmt: skip


def _check_algorithm(element: Element, allowed: frozenset[str]) -> None:
    given = element.get("Algorithm", "")
    if given not in allowed or len(element):
        called = given.rpartition("#")[2] or "an algorithm that is not named"
        raise refuse("algorithm", f"The signature uses {called[:60]}, which is refused.", CHOOSE)


def _check_hints(info: Element) -> None:
    for element in info.iter("*"):
        if element is not info and local(element) not in HINTS:
            raise refuse("key_hint", "The signature leads to its key in a way that nobody follows.")


def _parts(element: Element, *names: str) -> list[Element | None]:
    """Return the children, which have to be just these in this order; `?` may be missing."""
    children, found = list(element), list[Element | None]()
    for each in names:
        wanted = name(f"ds:{each.rstrip('?')}")
        if children and children[0].tag == wanted:
            found.append(children.pop(0))
        elif each.endswith("?"):
            found.append(None)
        else:
            raise refuse("signature_shape", f"The signature has no {each} where it belongs.")
    if children:
        raise refuse("signature_shape", "The signature holds more than it should.")
    return found


def _there(element: Element | None) -> Element:
    assert element is not None
    return element

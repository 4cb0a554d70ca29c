"""Metadata: what a provider says of itself, read strictly, and what we say of ourselves."""

import base64
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree
from lxml.builder import ElementMaker
from yarl import URL

from apps.dispatch import loop
from apps.egress import client as egress
from apps.egress.exceptions import EgressError
from apps.identity.exceptions import AssertionRefused, ProviderFailed
from apps.identity.models import SigningKey
from apps.identity.saml import certificates
from apps.identity.saml.certificates import Certificate
from apps.identity.saml.endpoints import Endpoints
from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import DS, MD, SAMLP, Element, name, parsed, text_of

MAX_BYTES, PATIENCE_S = 1 << 20, 10.0
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
WHERE = "Copy the metadata of the identity provider, not those of this workspace."


@dataclass(frozen=True)
class Provider:
    """A provider as its metadata describe it."""

    issuer: str
    sso_url: str
    certificates: tuple[Certificate, ...]


def read(raw: bytes) -> Provider:
    """Return the one provider that metadata describe. Raises AssertionRefused."""
    root = parsed(raw, most=MAX_BYTES, what="metadata", comments=True)
    described = [
        entity for entity in root.iter(name("md:EntityDescriptor"))
        if entity.find(name("md:IDPSSODescriptor")) is not None
    ]  # fmt: skip
    if len(described) != 1:
        raise refuse(
            "metadata", f"These metadata describe {len(described)} identity providers.", WHERE
        )
    entity = described[0]
    issuer, role = entity.get("entityID", "").strip(), entity.find(name("md:IDPSSODescriptor"))
    if role is None or not issuer or len(issuer) > 500:
        raise refuse(
            "metadata", "The provider's entity ID is missing, or longer than 500 signs.", WHERE
        )
    return Provider(issuer, _sso_url(role), _certificates(role))


def fetch(url: str) -> bytes:
    """Return the metadata at an address, by the egress client. Raises ProviderFailed."""
    asked = egress.request(
        "GET", url, headers={"Accept": "application/samlmetadata+xml, application/xml, text/xml"},
        timeout_s=PATIENCE_S, max_bytes=MAX_BYTES,
    )  # fmt: skip
    try:
        answer = loop.submit(asked).result()
    except EgressError as error:
        raise ProviderFailed(str(error)) from error
    if answer.status != 200:
        raise ProviderFailed(f"{URL(url).host} answered with status {answer.status}.")
    return answer.body


def another(found: str, expected: str) -> AssertionRefused:
    """Return the refusal of metadata that are another provider's than those of before."""
    return refuse(
        "issuer", f"The metadata are of {found}; this connection expects {expected}.", WHERE
    )


def ours(endpoints: Endpoints, keys: list[SigningKey]) -> bytes:
    """Return what we say of ourselves to one provider: where we listen, and how we sign."""
    md, ds = ElementMaker(namespace=MD, nsmap={None: MD, "ds": DS}), ElementMaker(namespace=DS)
    role = md.SPSSODescriptor(
        *(
            md.KeyDescriptor(
                ds.KeyInfo(ds.X509Data(ds.X509Certificate(_bare(key.certificate)))), use="signing"
            )
            for key in keys
        ),
        md.NameIDFormat(PERSISTENT),
        md.AssertionConsumerService(
            Binding=POST, Location=endpoints.acs, index="0", isDefault="true"
        ),
        protocolSupportEnumeration=SAMLP, AuthnRequestsSigned="true", WantAssertionsSigned="true",
    )  # fmt: skip
    whole = md.EntityDescriptor(role, entityID=endpoints.entity_id)
    made: bytes = etree.tostring(whole, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return made


def _sso_url(role: Element) -> str:
    """Return where people sign in: https, or an address that the operator allows by name."""
    for service in role.findall(name("md:SingleSignOnService")):
        if service.get("Binding") != REDIRECT:
            continue
        text = str(service.get("Location", "")).strip()
        try:
            egress.origin_of(text)
            safe = text.startswith("https://") or egress.is_excepted(URL(text))
        except (ValueError, EgressError):
            safe = False
        if not safe or len(text) > 1000:
            raise refuse(
                "metadata", "The address for sign-in is not one that begins with https://."
            )
        return text
    raise refuse(
        "metadata",
        "The provider takes no requests by HTTP-Redirect.",
        "Switch that binding on there.",
    )


def _certificates(role: Element) -> tuple[Certificate, ...]:
    """Return the keys that the provider signs with, each once."""
    found: dict[str, Certificate] = {}
    for descriptor in role.findall(name("md:KeyDescriptor")):
        if descriptor.get("use", "signing") != "signing":
            continue
        for element in descriptor.iter(name("ds:X509Certificate")):
            one = certificates.read(text_of(element))
            found[one.fingerprint] = one
    current = [one for one in found.values() if not one.is_over]
    if not current or len(current) > certificates.MOST:
        raise _not_so_many(len(current))
    return tuple(current)


def _not_so_many(count: int) -> AssertionRefused:
    return refuse(
        "metadata", f"The metadata hold {count} valid certificates for signing; there must be 1 to {certificates.MOST}.", WHERE
    )  # fmt: skip


def _bare(pem: str) -> str:
    found = x509.load_pem_x509_certificate(pem.encode())
    return base64.b64encode(found.public_bytes(Encoding.DER)).decode()

"""A SAML provider whose every answer a test can bend; honest as it stands. It signs with xmlsec."""

import base64
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import Client
from lxml import etree

from apps.accounts.models import User
from apps.identity import services
from apps.identity.models import Connection
from apps.identity.saml import metadata
from apps.identity.saml.endpoints import Endpoints
from apps.identity.testing import fingerprint
from tests.factories.issuer import proved

ENTITY_ID, SSO_URL = "https://idp.halden.example/saml", "https://idp.halden.example/sso?app=1&b=2"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NS = {
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol", "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
}  # fmt: skip
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
 xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_response" Version="2.0" IssueInstant="{now}"
 Destination="{destination}" InResponseTo="{in_response_to}"><saml:Issuer>{response_issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="{status}"/></samlp:Status>
<saml:Assertion ID="{assertion_id}" Version="2.0" IssueInstant="{issued}"><saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="{format}">{subject}</saml:NameID>
<saml:SubjectConfirmation Method="{method}"><saml:SubjectConfirmationData Recipient="{recipient}"
 InResponseTo="{confirms}" NotOnOrAfter="{usable_until}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begins}" NotOnOrAfter="{ends}"><saml:AudienceRestriction>
<saml:Audience>{audience}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{asked}"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext>
</saml:AuthnStatement><saml:AttributeStatement>{attributes}</saml:AttributeStatement></saml:Assertion>
</samlp:Response>"""
METADATA = """<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
 xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity_id}"><!-- made by hand -->
<md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">{keys}
<md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.halden.example/post"/>
<md:SingleSignOnService Binding="{binding}" Location="{sso_url}"/>
</md:IDPSSODescriptor></md:EntityDescriptor>"""
KEY = """<md:KeyDescriptor use="{use}"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>{certificate}
</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>"""
REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"


def instant(away_s: float = 0) -> str:
    """Return a time as SAML writes it."""
    return f"{datetime.now(UTC) + timedelta(seconds=away_s):%Y-%m-%dT%H:%M:%SZ}"


class Pair:
    """A key with its certificate."""

    def __init__(self, *, days: int = 365, bits: int = 2048, key: Any = None) -> None:
        self.key: RSAPrivateKey = key or generate_private_key(public_exponent=65537, key_size=bits)
        who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Halden")])
        now = datetime.now(UTC)
        self.certificate = (
            x509.CertificateBuilder()
            .subject_name(who).issuer_name(who).public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=400)).not_valid_after(now + timedelta(days=days))
            .sign(self.key, hashes.SHA256())
        )  # fmt: skip

    @property
    def pem(self) -> str:
        """The certificate."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def bare(self) -> str:
        """The certificate as XML carries it."""
        return base64.b64encode(self.certificate.public_bytes(Encoding.DER)).decode()

    @property
    def private(self) -> bytes:
        """The key."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@dataclass(frozen=True)
class Question:
    """A request, as the provider reads it."""

    acs: str
    entity_id: str
    request_id: str


Bend = Callable[[Any], Any]


@dataclass
class Asserter:
    """The provider: `fields` and `attributes` are what it says; `bend` changes what it signed."""

    pair: Pair = field(default_factory=Pair)
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, list[str]] = field(
        default_factory=lambda: {
            "email": ["priya@halden.example"], "name": ["Priya Raman"], "groups": ["auterity-builders"]
        }
    )  # fmt: skip
    bend: Bend = lambda root: root
    count: int = 0

    def metadata(self, *pairs: Pair, use: str = "signing", **other: str) -> str:
        """Return what it publishes."""
        keys = "".join(KEY.format(use=use, certificate=each.bare) for each in pairs or (self.pair,))
        filled = {
            "entity_id": ENTITY_ID, "sso_url": SSO_URL.replace("&", "&amp;"), "binding": REDIRECT,
            "keys": keys,
        }  # fmt: skip
        return METADATA.format(**filled | other)

    def unsigned(self, question: Question, **other: str) -> Any:
        """Return a response that nobody signed yet."""
        self.count += 1
        attributes = "".join(
            f'<saml:Attribute Name="{name}">{"".join(map(_value, values))}</saml:Attribute>'
            for name, values in self.attributes.items()
        )
        filled = {
            "now": instant(), "asked": instant(), "issued": instant(), "begins": instant(-30), "ends": instant(300),
            "usable_until": instant(300), "destination": question.acs, "recipient": question.acs,
            "in_response_to": question.request_id, "confirms": question.request_id,
            "response_issuer": ENTITY_ID, "issuer": ENTITY_ID, "audience": question.entity_id,
            "subject": "00u1alice", "format": PERSISTENT, "method": BEARER, "status": SUCCESS,
            "attributes": attributes, "assertion_id": f"_assertion{self.count}",
        }  # fmt: skip
        return etree.fromstring(RESPONSE.format(**filled | self.fields | other).encode())

    def response(self, question: Question, **other: str) -> Any:
        """Return a response whose assertion it signed."""
        root = self.unsigned(question, **other)
        sign(root, root.find("saml:Assertion", NS), self.pair)
        # What xmlsec adds is found in a tree that was read anew only.
        return self.bend(etree.fromstring(etree.tostring(root)))

    def authorize(self, address: str) -> dict[str, str]:
        """Let the person through at the provider and return the form that their browser posts."""
        return {"SAMLResponse": posted(self.response(asked(address)))}


def sign(
    root: Any, element: Any, pair: Pair, *, method: Any = None, digest: Any = None, c14n: Any = None,
    uri: str | None = None, transforms: Any = None, key: Any = None,
) -> Any:  # fmt: skip
    """Sign an element, as it should be done where nothing else is said; return the signature."""
    transform = xmlsec.constants
    c14n = c14n or transform.TransformExclC14N
    signature = xmlsec.template.create(root, c14n, method or transform.TransformRsaSha256, ns="ds")
    element.insert(1, signature)
    uri = f"#{element.get('ID')}" if uri is None else uri
    reference = xmlsec.template.add_reference(
        signature, digest or transform.TransformSha256, uri=uri
    )
    for each in transforms or (transform.TransformEnveloped, transform.TransformExclC14N):
        xmlsec.template.add_transform(reference, each)
    data = xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(signature))
    xmlsec.template.x509_data_add_certificate(data)
    context = xmlsec.SignatureContext()
    xmlsec.tree.add_ids(root, ["ID"])
    context.key = key or xmlsec.Key.from_memory(pair.private, xmlsec.constants.KeyDataFormatPem)
    if key is None:
        context.key.load_cert_from_memory(pair.pem, xmlsec.constants.KeyDataFormatPem)
    context.sign(signature)
    return signature


def posted(root: Any) -> str:
    """Return a document as a form carries it."""
    raw = root if isinstance(root, bytes) else etree.tostring(root)
    return base64.b64encode(raw).decode()


def request_of(address: str) -> bytes:
    """Return the request that an address carries."""
    query = parse_qs(urlsplit(address).query)
    return zlib.decompress(base64.b64decode(query["SAMLRequest"][0]), -15)


def asked(address: str) -> Question:
    """Read a request from the address that carries it."""
    root = etree.fromstring(request_of(address))
    return Question(
        root.get("AssertionConsumerServiceURL"), root.findtext("saml:Issuer", namespaces=NS), root.get("ID")
    )  # fmt: skip


def ours(connection: Connection, host: str = "http://alpha.localhost") -> Endpoints:
    """Return our addresses for a connection."""
    base = f"{host}/sso/{connection.pk}"
    return Endpoints(f"{base}/acs/", f"{base}/metadata/")


def settings_of(asserter: Asserter) -> dict[str, Any]:
    """Return what a connection keeps of the provider's metadata."""
    found = metadata.read(asserter.metadata().encode())
    return {
        "issuer": found.issuer, "sso_url": found.sso_url,
        "certificates": [each.pem for each in found.certificates],
    }  # fmt: skip


def sign_in(client: Client, asserter: Asserter, connection: Connection, following: str = "") -> Any:
    """Go to the provider, through it, and back; return the last answer."""
    away = client.get(f"/sso/{connection.pk}/start/", {"next": following})
    assert away.status_code == 302, away.content.decode()
    return bring(client, connection, asserter.authorize(away["Location"]))


def bring(client: Client, connection: Connection, form: dict[str, str]) -> Any:
    """Post an answer as the provider's page does, without the session, and follow with it."""
    sender = client.defaults["REMOTE_ADDR"]
    elsewhere = Client(HTTP_HOST="alpha.localhost", REMOTE_ADDR=sender)
    taken = elsewhere.post(f"/sso/{connection.pk}/acs/", form)
    return client.get(taken["Location"]) if taken.status_code == 302 else taken


@pytest.fixture(scope="session")
def pair() -> Pair:
    """The provider's key; one for all tests, since making one takes long."""
    return Pair()


@pytest.fixture
def asserter(pair: Pair) -> Asserter:
    """An honest provider."""
    return Asserter(pair)


@pytest.fixture
def halden(asserter: Asserter, alice: User) -> Connection:
    """A connection to it that is switched on, for halden.example; everyone becomes a viewer."""
    made = services.create_connection(vendor="okta", protocol="saml", name="Halden", actor=alice)
    services.change_settings(made, settings_of(asserter), actor=alice)
    services.set_default_role(made, "viewer", actor=alice)
    proved(made, alice, "halden.example")
    Connection.objects.filter(pk=made.pk).update(tested=fingerprint(made))
    made.refresh_from_db()
    services.activate(made, actor=alice)
    return made


def _value(text: str) -> str:
    return f"<saml:AttributeValue>{text}</saml:AttributeValue>"

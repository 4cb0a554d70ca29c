"""Setting a SAML connection up: metadata in three ways, tests in words, certificates and keys over time."""

from base64 import b64decode, b64encode
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from lxml import etree

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.dispatch.models import Chore
from apps.identity import pinning, services, setup_links
from apps.identity.exceptions import AssertionRefused, SignInRefused
from apps.identity.models import Connection, SigningKey
from apps.identity.saml import certificates, keys, metadata, watching
from apps.identity.testing import is_tested
from apps.identity.vendors import ACS, ENTITY, REDIRECT, VENDORS
from apps.notifications.models import Notification
from tests.factories.asserter import (
    ENTITY_ID,
    NS,
    SSO_URL,
    Asserter,
    Pair,
    bring,
    settings_of,
    sign_in,
)  # fmt: skip
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import Issuer, proved, stranger

pytestmark = pytest.mark.django_db
BASE = "/single-sign-on/"
NAMES = {"email_claim": "email", "name_claim": "name", "groups_claim": "groups"}
MD = {"md": "urn:oasis:names:tc:SAML:2.0:metadata", **NS}


@pytest.fixture
def draft(alice: User) -> Connection:
    """A connection that knows nothing of its provider yet."""
    return services.create_connection(vendor="okta", protocol="saml", name="Halden", actor=alice)


def went_through(client: Client, asserter: Asserter, connection: Connection) -> str:
    """Go through a test and return the page that shows what came of it."""
    away = client.get(f"{BASE}{connection.pk}/test/begin/")
    client.defaults["REMOTE_ADDR"] = "10.1.2.3"
    answer = bring(client, connection, asserter.authorize(away["Location"]))
    shown = client.get(answer["Location"]) if answer.status_code == 302 else answer
    text: str = shown.content.decode()
    return text


def test_an_owner_connects_tests_and_switches_on(asserter: Asserter, alice: User) -> None:
    client = browser(alice)
    made = client.post(f"{BASE}new/", {"vendor": "okta", "protocol": "saml", "name": "Halden"})
    connection = Connection.objects.get()
    page = client.get(made["Location"]).content.decode()
    assert f"http://alpha.localhost/sso/{connection.pk}/acs/" in page
    assert f"http://alpha.localhost/sso/{connection.pk}/metadata/" in page
    client.post(made["Location"], NAMES | {"metadata": asserter.metadata()})
    connection.refresh_from_db()
    assert (connection.issuer, connection.sso_url) == (ENTITY_ID, SSO_URL)
    assert (
        certificates.read(asserter.pair.pem).shown in client.get(made["Location"]).content.decode()
    )
    services.set_default_role(connection, "viewer", actor=alice)
    proved(connection, alice, "halden.example")
    page = went_through(client, asserter, connection)
    assert "Priya Raman would become a member" in page
    assert "00u1alice" in page
    assert not User.objects.filter(email="priya@halden.example").exists()
    assert client.session["_auth_user_id"] == str(alice.pk)
    client.post(f"{BASE}{connection.pk}/activate/")
    connection.refresh_from_db()
    assert connection.status == "active"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"audience": "https://other.example"}, "In Okta, set Audience URI (SP Entity ID) to "),
        ({"recipient": "https://other.example"}, "In Okta, set Single sign-on URL to "),
        ({"issuer": "https://evil.example"}, "this connection expects https://idp.halden.example"),
        ({"format": "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"}, "format to Persistent"),
    ],
)
def test_a_test_says_what_to_set_where(
    asserter: Asserter, halden: Connection, alice: User, fields: dict[str, str], words: str
) -> None:
    asserter.fields |= fields
    page = went_through(browser(alice), asserter, halden)
    assert words in page
    assert "priya@halden.example" in page  # what was received is shown all the same


def test_metadata_come_as_a_file_or_from_an_address(
    asserter: Asserter, draft: Connection, alice: User, issuer: Issuer
) -> None:
    client = browser(alice)
    file = SimpleUploadedFile("metadata.xml", asserter.metadata().encode())
    assert client.post(f"{BASE}{draft.pk}/", NAMES | {"metadata_file": file}).status_code == 302
    draft.refresh_from_db()
    assert draft.issuer == ENTITY_ID
    issuer.description = {"not": "XML"}
    address = f"{issuer.url}/.well-known/openid-configuration"
    answer = client.post(f"{BASE}{draft.pk}/", NAMES | {"metadata_url": address})
    assert answer.status_code == 422
    assert "not well-formed XML" in answer.content.decode()
    answer = client.post(f"{BASE}{draft.pk}/", NAMES | {"metadata_url": "https://10.0.0.1/m"})
    assert answer.status_code == 422


def test_names_are_changed_without_metadata(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    answer = browser(alice).post(f"{BASE}{halden.pk}/", NAMES | {"email_claim": "mail"})
    assert answer.status_code == 302
    halden.refresh_from_db()
    assert (halden.proposed.email_claim, halden.email_claim) == ("mail", "email")
    assert halden.proposed.issuer == ENTITY_ID


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"sso_url": "http://idp.halden.example/"}, "begins with https"),
        ({"sso_url": "javascript:alert(1)"}, "begins with https"),
        ({"sso_url": "https://10.0.0.1/"}, "begins with https"),
        ({"binding": "urn:oasis:names:tc:SAML:2.0:bindings:SOAP"}, "no requests by HTTP-Redirect"),
        ({"entity_id": ""}, "entity ID is missing"),
        ({"keys": ""}, "0 valid certificates"),
        ({"use": "encryption"}, "0 valid certificates"),
    ],
)
def test_metadata_that_lead_elsewhere_are_refused(
    asserter: Asserter, other: dict[str, str], words: str
) -> None:
    with pytest.raises(SignInRefused, match=words):
        metadata.read(asserter.metadata(**other).encode())


def test_metadata_that_are_none_are_refused(
    asserter: Asserter, draft: Connection, alice: User
) -> None:
    client = browser(alice)
    for text in ("hello", "<!DOCTYPE x><x/>", "<x/>", ours_as_text(draft)):
        answer = client.post(f"{BASE}{draft.pk}/", NAMES | {"metadata": text})
        assert answer.status_code == 422
        assert "metadata" in answer.context["form"].errors
    answer = client.post(f"{BASE}{draft.pk}/", NAMES)
    assert "one of the three ways" in answer.content.decode()
    two = asserter.metadata() + asserter.metadata()
    with pytest.raises(SignInRefused, match="describe 2"):
        metadata.read(f"<all>{two}</all>".encode())


def test_weak_and_ended_certificates_are_refused(asserter: Asserter) -> None:
    with pytest.raises(SignInRefused, match="2048 bits"):
        metadata.read(asserter.metadata(Pair(bits=1024)).encode())
    with pytest.raises(SignInRefused, match="0 valid"):
        metadata.read(asserter.metadata(Pair(days=-1)).encode())


def ours_as_text(connection: Connection) -> str:
    """Return our own metadata of a connection."""
    text: str = stranger().get(f"/sso/{connection.pk}/metadata/").content.decode()
    return text


def test_our_metadata_say_where_we_listen_and_how_we_sign(draft: Connection) -> None:
    root = etree.fromstring(ours_as_text(draft).encode())
    assert root.get("entityID") == f"http://alpha.localhost/sso/{draft.pk}/metadata/"
    role = root.find("md:SPSSODescriptor", MD)
    assert (role.get("AuthnRequestsSigned"), role.get("WantAssertionsSigned")) == ("true", "true")
    service = role.find("md:AssertionConsumerService", MD)
    assert service.get("Location") == f"http://alpha.localhost/sso/{draft.pk}/acs/"
    shown = role.findtext(".//ds:X509Certificate", namespaces=MD)
    assert certificates.read(shown) == certificates.read(keys.present().certificate)
    assert stranger("beta").get(f"/sso/{draft.pk}/metadata/").status_code == 404


def test_what_a_provider_is_not_set_up_by_is_said(alice: User) -> None:
    answer = browser(alice).post(
        f"{BASE}new/", {"vendor": "clerk", "protocol": "saml", "name": "Clerk"}
    )
    assert answer.status_code == 422
    assert "Clerk is set up by OpenID Connect." in answer.content.decode()


def test_the_company_s_administrator_sets_up_and_tests(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    services.disable(halden, actor=alice)
    token = setup_links.create(halden, actor=alice)[1]
    client = stranger()
    client.post(f"/sso/setup/open/{token}/")
    page = client.get("/sso/setup/").content.decode()
    assert "Accepted certificates" in page
    assert "Accept it too" not in page  # that is the owner's
    assert client.post("/sso/setup/", NAMES | {"metadata": asserter.metadata()}).status_code == 302
    away = client.get("/sso/setup/test/begin/")
    answer = bring(client, halden, asserter.authorize(away["Location"]))
    assert "The test passed" in client.get(answer["Location"]).content.decode()


def test_a_second_certificate_is_accepted_before_the_roll_over(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    client, following = browser(alice), Pair()
    client.post(f"{BASE}{halden.pk}/certificates/", {"certificate": following.pem})
    client = stranger()
    sign_in(client, Asserter(following), halden)
    assert "_auth_user_id" in client.session
    first = certificates.read(asserter.pair.pem).fingerprint
    browser(alice).post(f"{BASE}{halden.pk}/certificates/{first}/remove/")
    assert sign_in(stranger(), asserter, halden).status_code == 403
    told = AuditEntry.objects.filter(action__startswith="connection.certificate")
    assert [each.action for each in told.order_by("id")] == [
        "connection.certificate_added",
        "connection.certificate_removed",
    ]


def test_a_certificate_of_a_key_that_nobody_knows_is_said(asserter: Asserter) -> None:
    known, unknown = (bytes.fromhex(f"2a864886f70d0101{last}") for last in ("01", "7f"))
    der = b64decode(asserter.pair.bare).replace(known, unknown)
    with pytest.raises(AssertionRefused, match="not an X"):
        certificates.read(b64encode(der).decode())


@pytest.mark.parametrize(
    "text", ["", "hello", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"]
)
def test_what_is_no_certificate_is_said(halden: Connection, alice: User, text: str) -> None:
    answer = browser(alice).post(f"{BASE}{halden.pk}/certificates/", {"certificate": text})
    assert answer.status_code == 422
    assert answer.context["certificate_form"].errors
    assert "Accepted certificates" in answer.content.decode()


def test_the_last_certificate_stays_while_people_sign_in_with_it(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    only = certificates.read(asserter.pair.pem).fingerprint
    with pytest.raises(pinning.LastCertificate):
        pinning.unpin(halden, only, actor=alice)
    for _ in range(5):
        pinning.pin(halden, certificates.read(Pair().pem), actor=alice)
    with pytest.raises(pinning.TooManyCertificates):
        pinning.pin(halden, certificates.read(Pair().pem), actor=alice)


def test_only_owners_change_certificates_and_keys(halden: Connection, asserter: Asserter) -> None:
    admin = member("Adam", "admin")
    certificate = certificates.read(asserter.pair.pem)
    for change in (
        lambda: pinning.pin(halden, certificate, actor=admin),
        lambda: pinning.unpin(halden, certificate.fingerprint, actor=admin),
        lambda: keys.prepare(actor=admin),
        lambda: keys.switch(actor=admin),
    ):
        with pytest.raises(Forbidden):
            change()


def test_our_key_rolls_over(halden: Connection, alice: User) -> None:
    client, first = browser(alice), keys.present()
    client.post(f"{BASE}signing-key/prepare/")
    assert keys.present() == first  # providers learn the next one before it signs
    assert ours_as_text(halden).count("X509Certificate>") == 4
    assert "Sign with the next key" in client.get(BASE).content.decode()
    page = client.post(f"{BASE}signing-key/prepare/", follow=True).content.decode()
    assert "a next key already" in page
    client.post(f"{BASE}signing-key/switch/")
    assert keys.present() != first
    assert SigningKey.objects.count() == 1
    assert (
        "the next key first"
        in client.post(f"{BASE}signing-key/switch/", follow=True).content.decode()
    )
    told = AuditEntry.objects.filter(target_type="signingkey").order_by("id")
    assert [each.action for each in told] == [
        "signing_key.made",
        "signing_key.made",
        "signing_key.switched",
    ]
    assert "PRIVATE" not in keys.present().sealed_key


def test_an_end_is_told_once_at_each_of_the_days(
    halden: Connection, alice: User, pair: Pair
) -> None:
    Connection.objects.filter(pk=halden.pk).update(certificates=[Pair(days=40, key=pair.key).pem])
    watching.look([halden.pk])
    assert not Notification.objects.exists()
    Connection.objects.filter(pk=halden.pk).update(certificates=[Pair(days=6, key=pair.key).pem])
    watching.look([halden.pk])
    watching.look([halden.pk])
    told = Notification.objects.get(user=alice)
    assert "The certificate of Halden ends on" in told.title
    SigningKey.objects.update(expires_at=timezone.now() + timedelta(hours=20))
    watching.look([halden.pk])
    assert Notification.objects.filter(title__contains="own signing key").count() == 1


def test_renewed_certificates_are_taken_from_the_address(
    asserter: Asserter, halden: Connection, issuer: Issuer
) -> None:
    following = Pair()
    issuer.metadata = asserter.metadata(asserter.pair, following)
    Connection.objects.filter(pk=halden.pk).update(metadata_url=f"{issuer.url}/metadata")
    watching.look([halden.pk])
    halden.refresh_from_db()
    held = {each.fingerprint for each in certificates.known(halden.certificates)}
    assert held == {certificates.read(each.pem).fingerprint for each in (asserter.pair, following)}
    assert is_tested(halden)
    entry = AuditEntry.objects.get(action="connection.certificates_renewed")
    assert entry.actor_type == "system"
    assert Chore.objects.get(kind=watching.CHORE, subject=halden.pk).due_at > timezone.now()


def test_metadata_that_became_another_providers_change_nothing(
    asserter: Asserter, halden: Connection, issuer: Issuer, alice: User
) -> None:
    issuer.metadata = asserter.metadata(Pair(), entity_id="https://evil.example")
    Connection.objects.filter(pk=halden.pk).update(metadata_url=f"{issuer.url}/metadata")
    watching.look([halden.pk])
    watching.look([halden.pk])
    halden.refresh_from_db()
    assert halden.certificates == settings_of(asserter)["certificates"]
    told = Notification.objects.get(user=alice)
    assert "could not be read" in told.title
    assert "https://evil.example" in told.text


def test_what_is_gone_is_looked_at_no_more(draft: Connection, alice: User) -> None:
    services.change_settings(draft, {"sso_url": SSO_URL}, actor=alice)
    pk = draft.pk
    assert Chore.objects.filter(kind=watching.CHORE, subject=pk).exists()
    services.delete_connection(draft, actor=alice)
    watching.look([pk])
    assert not Chore.objects.filter(kind=watching.CHORE, subject=pk).exists()


def test_every_provider_has_its_steps_by_each_of_its_protocols(alice: User) -> None:
    client = browser(alice)
    for vendor in VENDORS.values():
        for protocol, steps in vendor.steps.items():
            form = {
                "vendor": vendor.name,
                "protocol": protocol,
                "name": f"{vendor.label} {protocol}",
            }
            made = client.post(f"{BASE}new/", form)
            guide = client.get(made["Location"]).context["guide"]
            assert [each.step.title for each in guide] == [step.title for step in steps]
            copied = {name for each in guide for name, _ in each.values}
            assert copied >= ({ACS, ENTITY} if protocol == "saml" else {REDIRECT})


def test_another_sign_in_page_in_the_metadata_is_told_and_not_taken_over(
    asserter: Asserter, halden: Connection, issuer: Issuer, alice: User
) -> None:
    """Whoever changes what lies at the address must not lead people elsewhere."""
    moved = "https://login.elsewhere.example/sso"
    issuer.metadata = asserter.metadata(asserter.pair, sso_url=moved)
    Connection.objects.filter(pk=halden.pk).update(metadata_url=f"{issuer.url}/metadata")
    watching.look([halden.pk])
    watching.look([halden.pk])
    halden.refresh_from_db()
    assert halden.sso_url == SSO_URL
    told = Notification.objects.get(user=alice)
    assert "another sign-in page" in told.title
    assert moved in told.text

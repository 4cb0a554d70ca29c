"""Signing in through a SAML provider: the way there and back, and what binds it to one browser."""

import base64
import hashlib
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import set_active
from apps.audit.models import AuditEntry
from apps.identity import services
from apps.identity.models import Attempt, Connection, Link, SeenAssertion
from apps.identity.saml import keys
from tests.factories.asserter import Asserter, Pair, asked, bring, instant, posted, sign_in
from tests.factories.cast import member
from tests.factories.issuer import stranger

pytestmark = pytest.mark.django_db


def me(client: Client) -> User:
    """Return who is signed in."""
    found: User = User.objects.get(pk=client.session["_auth_user_id"])
    return found


def refused(answer: Any) -> str:
    """Return the words of a refusal."""
    assert answer.status_code in {403, 409, 502}, answer.status_code
    text: str = answer.content.decode()
    assert "You are not signed in" in text
    return text


def begin(client: Client, connection: Connection) -> str:
    """Begin a sign-in and return the address at the provider."""
    address: str = client.get(f"/sso/{connection.pk}/start/")["Location"]
    return address


def test_somebody_new_becomes_a_member(asserter: Asserter, halden: Connection) -> None:
    client = stranger()
    answer = sign_in(client, asserter, halden, "/workflows/")
    assert answer["Location"] == "/workflows/"
    person = me(client)
    assert (person.email, person.name, str(person.role)) == (
        "priya@halden.example",
        "Priya Raman",
        "Viewer",
    )
    assert Link.objects.get(user=person).subject == "00u1alice"
    told = list(AuditEntry.objects.values_list("action", flat=True).order_by("id"))
    assert told[-4:] == ["member.added", "member.linked", "member.signed_in", "session.began"]
    assert Attempt.objects.get().answer is None  # nothing of it is kept


def test_the_request_is_signed_with_the_workspaces_key(halden: Connection) -> None:
    address = urlsplit(begin(stranger(), halden))
    query = parse_qs(address.query)
    assert query["SigAlg"] == ["http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"]
    raw = dict(part.split("=", 1) for part in address.query.split("&"))
    assert (raw["app"], raw["b"]) == ("1", "2")  # what the provider's own address says
    signed = f"SAMLRequest={raw['SAMLRequest']}&SigAlg={raw['SigAlg']}"
    certificate = x509.load_pem_x509_certificate(keys.present().certificate.encode())
    public = certificate.public_key()
    assert isinstance(public, RSAPublicKey)
    signature = base64.b64decode(query["Signature"][0])
    public.verify(signature, signed.encode(), PKCS1v15(), SHA256())


def test_roles_follow_groups_at_every_sign_in(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    services.add_rule(halden, group="auterity-builders", role="builder", folder=None, actor=alice)
    client = stranger()
    sign_in(client, asserter, halden)
    assert str(me(client).role) == "Builder"
    services.set_default_role(halden, "", actor=alice)
    asserter.attributes["groups"] = ["others"]
    assert "None of your groups" in refused(sign_in(stranger(), asserter, halden))
    assert client.get("/profile/").status_code == 302  # the session of before is over


@pytest.mark.parametrize(
    ("vendor", "attributes", "words"),
    [
        ("okta", {"email": ["priya@elsewhere.example"]}, "outside the domains"),
        ("okta", {"email": ["priya@halden.example", "alice@owner.example"]}, "outside the domains"),
        ("okta", {"email_verified": ["false"]}, "does not vouch"),
        ("other", {}, "does not vouch"),
        ("auth0", {"http://schemas.auth0.com/email_verified": ["false"]}, "does not vouch"),
    ],
)
def test_who_is_not_vouched_for_stays_out(
    asserter: Asserter, halden: Connection, vendor: str, attributes: dict[str, Any], words: str
) -> None:
    Connection.objects.filter(pk=halden.pk).update(vendor=vendor)
    asserter.attributes |= attributes
    client = stranger()
    assert words in refused(sign_in(client, asserter, halden))
    assert "_auth_user_id" not in client.session
    assert AuditEntry.objects.get(action="member.sign_in_refused").result == "denied"


@pytest.mark.parametrize(
    ("vendor", "claim"),
    [("other", "email_verified"), ("auth0", "http://schemas.auth0.com/email_verified")],
)
def test_where_others_can_sign_up_the_provider_says_whose_address_is_confirmed(
    asserter: Asserter, halden: Connection, vendor: str, claim: str
) -> None:
    Connection.objects.filter(pk=halden.pk).update(vendor=vendor)
    asserter.attributes[claim] = ["true"]
    client = stranger()
    sign_in(client, asserter, halden)
    assert me(client).email == "priya@halden.example"


def test_a_name_that_changes_each_time_is_no_identity(
    asserter: Asserter, halden: Connection
) -> None:
    asserter.fields["format"] = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
    assert "another Name ID at every sign-in" in refused(sign_in(stranger(), asserter, halden))
    assert not Link.objects.exists()


def test_a_suspended_member_stays_out(asserter: Asserter, halden: Connection, alice: User) -> None:
    client = stranger()
    sign_in(client, asserter, halden)
    set_active(me(client), active=False, actor=alice)
    assert "suspended" in refused(sign_in(stranger(), asserter, halden))


def test_an_answer_belongs_to_the_browser_that_asked(
    asserter: Asserter, halden: Connection
) -> None:
    """Whoever plants their own answer in another's browser must not sign it in."""
    mallory, victim = stranger(), stranger()
    form = asserter.authorize(begin(mallory, halden))
    assert "another browser" in refused(bring(victim, halden, form))
    assert "_auth_user_id" not in victim.session


def test_an_answer_counts_once(asserter: Asserter, halden: Connection) -> None:
    client = stranger()
    form = asserter.authorize(begin(client, halden))
    assert bring(client, halden, form).status_code == 302
    assert "was used already" in refused(bring(client, halden, form))
    assert "was used already" in refused(bring(stranger(), halden, form))


def test_an_assertion_counts_once_also_in_another_answer(
    asserter: Asserter, halden: Connection
) -> None:
    asserter.fields["assertion_id"] = "_always"
    sign_in(stranger(), asserter, halden)
    client = stranger()
    assert "was used already" in refused(sign_in(client, asserter, halden))
    assert "_auth_user_id" not in client.session
    told = AuditEntry.objects.get(action="member.sign_in_refused")
    assert told.after == {"reason": "replayed", "email": ""}
    assert SeenAssertion.objects.get().digest == hashlib.sha256(b"_always").hexdigest()


def test_assertions_are_remembered_until_they_are_over(
    asserter: Asserter, halden: Connection
) -> None:
    sign_in(stranger(), asserter, halden)
    SeenAssertion.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    sign_in(stranger(), asserter, halden)
    assert SeenAssertion.objects.count() == 1


def test_an_answer_that_comes_late_is_none(asserter: Asserter, halden: Connection) -> None:
    client = stranger()
    form = asserter.authorize(begin(client, halden))
    Attempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    assert "longer than ten minutes" in refused(bring(client, halden, form))


def test_an_answer_that_nobody_asked_for_leads_to_the_beginning(
    asserter: Asserter, halden: Connection
) -> None:
    root = asserter.response(asked(begin(stranger(), halden)))
    del root.attrib["InResponseTo"]
    text = refused(bring(stranger(), halden, {"SAMLResponse": posted(root)}))
    assert "without being asked" in text
    assert f"/sso/{halden.pk}/start/" in text


def test_the_answer_of_another_connection_is_refused(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    other = services.create_connection(vendor="okta", protocol="saml", name="Other", actor=alice)
    form = asserter.authorize(begin(stranger(), halden))
    refused(bring(stranger(), other, form))


def test_a_connection_by_openid_takes_no_assertions(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    other = services.create_connection(vendor="okta", name="Okta", actor=alice)
    form = asserter.authorize(begin(stranger(), halden))
    refused(bring(stranger(), other, form))
    assert stranger().get(f"/sso/{other.pk}/metadata/").status_code == 404


def test_a_connection_that_is_off_lets_nobody_in(
    asserter: Asserter, halden: Connection, alice: User
) -> None:
    client = stranger()
    form = asserter.authorize(begin(client, halden))
    services.disable(halden, actor=alice)
    assert "not switched on" in refused(bring(client, halden, form))
    refused(client.get(f"/sso/{halden.pk}/start/"))


def test_what_is_wrong_is_in_the_trail_by_its_reason(
    asserter: Asserter, halden: Connection
) -> None:
    asserter.fields["audience"] = "https://other.example"
    assert "The response is for audience" in refused(sign_in(stranger(), asserter, halden))
    told = AuditEntry.objects.get(action="member.sign_in_refused")
    assert (told.result, told.after) == ("denied", {"reason": "audience", "email": ""})


def test_what_the_provider_refuses_is_said_in_its_words(
    asserter: Asserter, halden: Connection
) -> None:
    asserter.fields["status"] = "urn:oasis:names:tc:SAML:2.0:status:RequestDenied"
    assert "RequestDenied" in refused(sign_in(stranger(), asserter, halden))


def test_the_callback_alone_signs_nobody_in(asserter: Asserter, halden: Connection) -> None:
    """Without the post there is nothing to come for."""
    client = stranger()
    request = asked(begin(client, halden)).request_id
    answer = client.get(f"/sso/{halden.pk}/callback/", {"state": request.removeprefix("_")})
    assert "did not answer" in refused(answer)
    assert "_auth_user_id" not in client.session


def test_who_uses_their_emergency_way_is_noted(halden: Connection) -> None:
    """What enforcing does is the same for both protocols; here, that it knows this one."""
    owner = member("Olga", "owner")
    services.set_break_glass(owner, allowed=True, actor=owner)
    domain = halden.domains.get()
    services.enforce(domain, enforced=True, actor=owner)
    answer = stranger().post("/sso/", {"email": "priya@halden.example"})
    text = answer.content.decode()
    assert "Continue with Halden" in text
    assert "must use Halden" in text


def test_a_certificate_that_ended_lets_nobody_in(
    asserter: Asserter, halden: Connection, pair: Pair
) -> None:
    Connection.objects.filter(pk=halden.pk).update(certificates=[Pair(days=-1, key=pair.key).pem])
    assert "No certificate of Halden is valid" in refused(sign_in(stranger(), asserter, halden))


def test_too_many_answers_are_refused(halden: Connection) -> None:
    client = stranger()
    codes = [
        client.post(f"/sso/{halden.pk}/acs/", {"SAMLResponse": ""}).status_code for _ in range(130)
    ]
    assert 429 in codes


def test_a_time_to_come_is_named(asserter: Asserter, halden: Connection) -> None:
    asserter.fields["begins"] = instant(3600)
    assert "Check the clock of the provider" in refused(sign_in(stranger(), asserter, halden))

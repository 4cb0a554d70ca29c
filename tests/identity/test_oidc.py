"""Signing in through an OpenID provider: who comes in, as what, and who does not."""

from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from apps.accounts.models import Folder, User
from apps.accounts.services import add_member, remove_member, set_active
from apps.audit.models import AuditEntry
from apps.identity import services
from apps.identity.models import Attempt, Connection, Link
from apps.identity.oidc import provider
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import Issuer, new_key, proved, sign_in, stranger

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


def test_somebody_new_becomes_a_member(issuer: Issuer, okta: Connection) -> None:
    client = stranger()
    answer = sign_in(client, issuer, okta, "/workflows/")
    assert answer["Location"] == "/workflows/"
    person = me(client)
    assert (person.email, person.name, str(person.role)) == (
        "priya@halden.example",
        "Priya Raman",
        "Viewer",
    )
    assert not person.has_usable_password()
    assert Link.objects.get(user=person).subject == "00u1alice"
    told = list(AuditEntry.objects.values_list("action", flat=True).order_by("id"))
    joined = ["member.added", "member.linked", "member.signed_in", "session.began"]
    assert told[-4:] == joined


def test_the_second_time_they_are_the_same_whatever_their_address_is(
    issuer: Issuer, okta: Connection
) -> None:
    sign_in(stranger(), issuer, okta)
    issuer.claims |= {"email": "priya.married@elsewhere.example", "email_verified": False}
    client = stranger()
    sign_in(client, issuer, okta)
    assert me(client).email == "priya@halden.example"
    assert User.objects.members().filter(name="Priya Raman").count() == 1


def test_a_member_is_linked_by_a_vouched_address(issuer: Issuer, okta: Connection) -> None:
    known = member("Priya", "builder")
    User.objects.filter(pk=known.pk).update(email="priya@halden.example")
    client = stranger()
    sign_in(client, issuer, okta)
    assert me(client) == known
    assert str(me(client).role) == "Builder"  # nobody mapped groups: administrators decide


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"email_verified": False}, "does not vouch"),
        ({"email_verified": None}, "does not vouch"),
        ({"email_verified": "false"}, "does not vouch"),
        ({"email": "priya@elsewhere.example"}, "outside the domains"),
        ({"email": "priya@sub.halden.example"}, "outside the domains"),
        ({"email": "priya@halden.example@elsewhere.example"}, "outside the domains"),
        ({"email": ["priya@halden.example", "alice@owner.example"]}, "outside the domains"),
        ({"email": None}, "outside the domains"),
        ({"email": "pri\u0443a@halden.example"}, "outside the domains"),
    ],
)
def test_who_is_not_vouched_for_stays_out(
    issuer: Issuer, okta: Connection, claims: dict[str, Any], words: str
) -> None:
    member_before = User.objects.count()
    issuer.claims |= claims
    issuer.claims = {name: value for name, value in issuer.claims.items() if value is not None}
    client = stranger()
    assert words in refused(sign_in(client, issuer, okta))
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == member_before
    entry = AuditEntry.objects.get(action="member.sign_in_refused")
    assert entry.result == "denied"


def test_roles_follow_groups_at_every_sign_in(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    finance = Folder.objects.create(name="Finance")
    services.add_rule(okta, group="auterity-builders", role="builder", folder=None, actor=alice)
    services.add_rule(okta, group="auterity-admins", role="admin", folder=None, actor=alice)
    services.add_rule(okta, group="finance", role="operator", folder=finance, actor=alice)
    issuer.claims["groups"] = ["auterity-builders", "auterity-admins", "finance", "unknown"]
    client = stranger()
    sign_in(client, issuer, okta)
    held = {(str(b.folder or ""), b.role.name) for b in me(client).bindings}
    assert held == {("", "admin"), ("Finance", "operator")}
    issuer.claims["groups"] = ["auterity-builders"]
    sign_in(stranger(), issuer, okta)
    assert {(str(b.folder or ""), b.role.name) for b in me(client).bindings} == {("", "builder")}


def test_who_is_in_no_group_any_more_is_out_everywhere(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    services.set_default_role(okta, "", actor=alice)
    services.add_rule(okta, group="auterity-builders", role="builder", folder=None, actor=alice)
    client = stranger()
    sign_in(client, issuer, okta)
    assert client.get("/profile/").status_code == 200
    issuer.claims["groups"] = []
    assert "None of your groups" in refused(sign_in(stranger(), issuer, okta))
    assert client.get("/profile/").status_code == 302  # the session of before is over
    assert not Link.objects.get().user.bindings


def test_where_only_members_come_in_nobody_joins_by_a_group(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    services.add_rule(okta, group="auterity-builders", role="builder", folder=None, actor=alice)
    client = browser(alice)
    path = f"/single-sign-on/{okta.pk}/roles/default/"
    page = client.post(path, {"role": "viewer", "members_only": "on"}, follow=True)
    assert "checked" in page.content.decode()
    assert "makes nobody one" in refused(sign_in(stranger(), issuer, okta))
    assert not User.objects.filter(email="priya@halden.example").exists()
    away = client.get(f"/single-sign-on/{okta.pk}/test/begin/")
    back = issuer.authorize(away["Location"])
    told = client.get(f"/sso/{okta.pk}/callback/?{back}", follow=True).content.decode()
    assert "to invite you" in told
    add_member(email="priya@halden.example", name="Priya", role="viewer")
    client = stranger()
    sign_in(client, issuer, okta)
    assert str(me(client).role) == "Builder"


def test_owners_stay_owners(issuer: Issuer, okta: Connection, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="priya@halden.example")
    services.add_rule(okta, group="auterity-builders", role="viewer", folder=None, actor=alice)
    client = stranger()
    sign_in(client, issuer, okta)
    assert str(me(client).role) == "Owner"


def test_a_suspended_member_stays_out(issuer: Issuer, okta: Connection, alice: User) -> None:
    client = stranger()
    sign_in(client, issuer, okta)
    set_active(me(client), active=False, actor=alice)
    assert "suspended" in refused(sign_in(stranger(), issuer, okta))


def test_who_was_removed_does_not_come_back_alone(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client = stranger()
    sign_in(client, issuer, okta)
    remove_member(me(client), actor=alice)
    assert "removed" in refused(sign_in(stranger(), issuer, okta))
    again = member("Priya", "viewer")
    User.objects.filter(pk=again.pk).update(email="priya@halden.example")
    client = stranger()
    sign_in(client, issuer, okta)
    assert me(client) == again


def test_a_domain_of_another_connection_is_not_vouched_for(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    other = services.create_connection(vendor="auth0", name="Other", actor=alice)
    proved(other, alice, "other.example")
    issuer.claims["email"] = "boss@other.example"
    assert "outside the domains" in refused(sign_in(stranger(), issuer, okta))


def test_new_keys_are_fetched_once_they_sign(issuer: Issuer, okta: Connection) -> None:
    sign_in(stranger(), issuer, okta)
    issuer.keys = {"second": new_key()}
    issuer.forge = lambda self, claims: self.signed(claims, kid="second")
    client = stranger()
    sign_in(client, issuer, okta)
    assert "_auth_user_id" in client.session
    assert issuer.asked.count("keys") == 2


def test_keys_that_nobody_knows_are_not_asked_for_each_time(
    issuer: Issuer, okta: Connection
) -> None:
    sign_in(stranger(), issuer, okta)
    unknown = new_key()
    issuer.forge = lambda self, claims: jwt.encode(claims, unknown, "RS256", {"kid": "unknown"})
    for _ in range(5):
        refused(sign_in(stranger(), issuer, okta))
    assert issuer.asked.count("keys") == 2


def test_what_the_token_leaves_out_is_asked_for(issuer: Issuer, okta: Connection) -> None:
    issuer.userinfo = {"sub": "00u1alice", "email": "priya@halden.example", "email_verified": True}
    issuer.claims = {"sub": "00u1alice"}
    client = stranger()
    sign_in(client, issuer, okta)
    assert me(client).email == "priya@halden.example"


def test_another_persons_particulars_are_not_taken(issuer: Issuer, okta: Connection) -> None:
    issuer.userinfo = {"sub": "somebody", "email": "priya@halden.example", "email_verified": True}
    issuer.claims = {"sub": "00u1alice"}
    assert "another person" in refused(sign_in(stranger(), issuer, okta))


def test_an_answer_belongs_to_the_browser_that_asked(issuer: Issuer, okta: Connection) -> None:
    """Whoever plants their own answer in another's browser must not sign it in."""
    mallory, victim = stranger(), stranger()
    away = mallory.get(f"/sso/{okta.pk}/start/")
    back = issuer.authorize(away["Location"])
    assert "another browser" in refused(victim.get(f"/sso/{okta.pk}/callback/?{back}"))
    assert "_auth_user_id" not in victim.session


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_page_elsewhere_does_not_begin_a_sign_in(okta: Connection, site: str) -> None:
    client, path = stranger(), f"/sso/{okta.pk}/start/?next=%2Fruns%2F&hint=p%40halden.example"
    page = client.get(path, headers={"Sec-Fetch-Site": site})
    assert (page.status_code, Attempt.objects.count()) == (200, 0)
    assert f'href="{path.replace("&", "&amp;")}"' in page.content.decode()
    for own in ("same-origin", "none"):  # the button there, or a bookmark
        assert client.get(path, headers={"Sec-Fetch-Site": own}).status_code == 302
    assert {each.following for each in Attempt.objects.all()} == {"/runs/"}


def test_an_answer_counts_once(issuer: Issuer, okta: Connection) -> None:
    client = stranger()
    away = client.get(f"/sso/{okta.pk}/start/")
    back = issuer.authorize(away["Location"])
    session = client.session.session_key
    assert client.get(f"/sso/{okta.pk}/callback/?{back}").status_code == 302
    assert client.session.session_key != session  # signed in under a new one
    refused(client.get(f"/sso/{okta.pk}/callback/?{back}"))


def test_an_answer_that_comes_late_is_none(issuer: Issuer, okta: Connection) -> None:
    client = stranger()
    away = client.get(f"/sso/{okta.pk}/start/")
    back = issuer.authorize(away["Location"])
    Attempt.objects.update(created_at=timezone.now() - timedelta(minutes=11))
    refused(client.get(f"/sso/{okta.pk}/callback/?{back}"))


def test_a_connection_that_is_off_lets_nobody_in(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client = stranger()
    away = client.get(f"/sso/{okta.pk}/start/")
    back = issuer.authorize(away["Location"])
    services.disable(okta, actor=alice)
    refused(client.get(f"/sso/{okta.pk}/callback/?{back}"))
    refused(client.get(f"/sso/{okta.pk}/start/"))


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
def test_the_way_on_stays_here(issuer: Issuer, okta: Connection, address: str) -> None:
    assert sign_in(stranger(), issuer, okta, address)["Location"] == "/"


def test_the_answer_of_another_provider_is_refused(issuer: Issuer, okta: Connection) -> None:
    client = stranger()
    away = client.get(f"/sso/{okta.pk}/start/")
    back = issuer.authorize(away["Location"])
    answer = client.get(f"/sso/{okta.pk}/callback/?{back}&iss=https://evil.example")
    assert "another provider" in refused(answer)


def test_what_the_provider_refuses_is_said_in_its_words(issuer: Issuer, okta: Connection) -> None:
    client = stranger()
    away = client.get(f"/sso/{okta.pk}/start/")
    state = issuer.authorize(away["Location"]).partition("state=")[2]
    query = {"state": state, "error": "access_denied", "error_description": "Not <b>assigned</b>."}
    text = refused(client.get(f"/sso/{okta.pk}/callback/", query))
    assert "Not &lt;b&gt;assigned&lt;/b&gt;." in text


def test_a_secret_that_is_wrong_is_named(issuer: Issuer, okta: Connection, alice: User) -> None:
    services.change_settings(okta, {"secret": "other"}, actor=alice)
    services.disable(okta, actor=alice)
    Connection.objects.filter(pk=okta.pk).update(status="active")
    assert "invalid_grant" in refused(sign_in(stranger(), issuer, okta))


@pytest.mark.parametrize(
    "described",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": "http://169.254.169.254/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
        {"userinfo_endpoint": "https://user:password@evil.example/"},
    ],
)
def test_a_description_that_leads_elsewhere_is_refused(
    issuer: Issuer, okta: Connection, described: dict[str, Any]
) -> None:
    issuer.description = described
    cache.delete(provider._key("provider", okta.issuer))  # other tests count in the same cache
    refused(stranger().get(f"/sso/{okta.pk}/start/"))


def test_too_many_starts_are_refused(issuer: Issuer, okta: Connection) -> None:
    client = stranger()
    with time_machine.travel(timezone.now(), tick=False):  # all in one window
        codes = [client.get(f"/sso/{okta.pk}/start/").status_code for _ in range(61)]
    assert codes[-2:] == [302, 429]


def test_nothing_of_the_secret_is_in_database_or_trail(okta: Connection) -> None:
    assert "s3cret" not in okta.sealed_secret
    told = list(
        AuditEntry.objects.filter(action="connection.changed").values_list("after", flat=True)
    )
    assert told
    assert all("s3cret" not in str(each) for each in told)

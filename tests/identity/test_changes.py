"""Changes of a connection: whom it knew, and what people sign in with until a test passed."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.identity import services, setup_links
from apps.identity.models import Connection, Link
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import CLIENT_ID, CLIENT_SECRET, Issuer, sign_in, stranger
from tests.identity.test_oidc import me, refused

pytestmark = pytest.mark.django_db
ELSEWHERE = "https://id.elsewhere.example"


def test_another_issuer_s_subject_is_nobody_here(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    """Providers whose subjects are numbers or names give the same ones to other people."""
    Link.objects.create(connection=okta, subject="1", user=alice)
    services.disable(okta, actor=alice)
    services.change_settings(okta, {"issuer": ELSEWHERE}, actor=alice)
    services.change_settings(okta, {"issuer": issuer.url}, actor=alice)
    Connection.objects.filter(pk=okta.pk).update(status="active")
    issuer.claims |= {"sub": "1", "email": "mallory@elsewhere.example"}
    client = stranger()
    assert "outside the domains" in refused(sign_in(client, issuer, okta))
    assert "_auth_user_id" not in client.session
    entry = AuditEntry.objects.filter(action="connection.people_forgotten").get()
    assert entry.before == {"issuer": issuer.url, "people": 1, "programs": 0}


def test_who_comes_from_another_issuer_is_known_by_a_vouched_address(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client = stranger()
    sign_in(client, issuer, okta)
    services.disable(okta, actor=alice)
    services.change_settings(okta, {"issuer": ELSEWHERE}, actor=alice)
    services.change_settings(okta, {"issuer": issuer.url}, actor=alice)
    Connection.objects.filter(pk=okta.pk).update(status="active")
    issuer.claims["sub"] = "another id of hers"
    again = stranger()
    sign_in(again, issuer, okta)
    assert me(again) == me(client)
    assert Link.objects.get().subject == "another id of hers"


def test_who_has_a_set_up_link_takes_no_one_s_place(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    Link.objects.create(connection=okta, subject="1", user=alice)
    services.disable(okta, actor=alice)
    link, token = setup_links.create(okta, actor=alice)
    setup_links.open_once(token)
    link.refresh_from_db()
    services.change_settings(okta, {"issuer": ELSEWHERE}, actor=link)
    assert not Link.objects.exists()
    assert AuditEntry.objects.get(action="connection.people_forgotten").actor_type == "setuplink"


def test_what_stays_the_same_forgets_nobody(okta: Connection, alice: User) -> None:
    Link.objects.create(connection=okta, subject="1", user=alice)
    services.disable(okta, actor=alice)
    services.change_settings(okta, {"issuer": okta.issuer, "client_id": "new"}, actor=alice)
    assert Link.objects.exists()


def went_through(client: Client, issuer: Issuer, connection: Connection) -> str:
    """Go through a test and return the page that shows what came of it."""
    away = client.get(f"/single-sign-on/{connection.pk}/test/begin/")
    back = issuer.authorize(away["Location"])
    page = client.get(f"/sso/{connection.pk}/callback/?{back}", follow=True)
    return page.content.decode()


def form(issuer: Issuer, **other: str) -> dict[str, str]:
    filled = {
        "issuer": issuer.url, "client_id": CLIENT_ID, "secret": "",
        "email_claim": "email", "name_claim": "name", "groups_claim": "groups",
    }  # fmt: skip
    return filled | other


def test_people_sign_in_as_before_until_a_change_is_tested(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client, path = browser(alice), f"/single-sign-on/{okta.pk}/"
    saved = client.post(path, form(issuer, client_id="a typo"), follow=True)
    assert "People sign in as before" in saved.content.decode()
    assert 'value="a typo"' in client.get(path).content.decode()
    stranger_in = stranger()
    sign_in(stranger_in, issuer, okta)
    assert "_auth_user_id" in stranger_in.session
    assert "invalid_grant" in went_through(client, issuer, okta)
    client.post(f"{path}activate/")
    okta.refresh_from_db()
    assert (okta.client_id, okta.waiting) == (CLIENT_ID, {"client_id": "a typo"})


def test_a_tested_change_counts_once_an_owner_uses_it(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client, path = browser(alice), f"/single-sign-on/{okta.pk}/"
    client.post(path, form(issuer, secret=CLIENT_SECRET, email_claim="mail"))
    issuer.claims["mail"] = "priya@halden.example"
    assert "The test passed" not in client.get(f"{path}test/").content.decode()
    assert "would become a member" in went_through(client, issuer, okta)
    okta.refresh_from_db()
    assert okta.email_claim == "email"
    client.post(f"{path}activate/")
    okta.refresh_from_db()
    assert (okta.email_claim, okta.is_waiting, okta.secret) == ("mail", False, CLIENT_SECRET)
    told = AuditEntry.objects.filter(action__startswith="connection.change").order_by("id")
    assert [each.action for each in told][-2:] == ["connection.change_put_by", "connection.changed"]
    assert "s3cret" not in str([each.after for each in told])
    sign_in(stranger(), issuer, okta)
    assert User.objects.filter(email="priya@halden.example").exists()


def test_a_test_of_another_issuer_knows_nobody(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    """A sign-in after the change would not either."""
    Link.objects.create(connection=okta, subject="00u1alice", user=alice)
    Connection.objects.filter(pk=okta.pk).update(issuer=ELSEWHERE)
    client = browser(alice)
    page = client.post(f"/single-sign-on/{okta.pk}/", form(issuer), follow=True).content.decode()
    assert "people are recognised anew" in page
    assert "Priya Raman would become a member" in went_through(client, issuer, okta)
    assert Link.objects.exists()
    client.post(f"/single-sign-on/{okta.pk}/activate/")
    assert not Link.objects.exists()


def test_changes_are_dropped_by_owners(issuer: Issuer, okta: Connection, alice: User) -> None:
    path = f"/single-sign-on/{okta.pk}/"
    browser(alice).post(path, form(issuer, client_id="another"))
    assert browser(member("Adam", "admin")).post(f"{path}drop/").status_code == 403
    okta.refresh_from_db()
    assert okta.is_waiting
    browser(alice).post(f"{path}drop/")
    okta.refresh_from_db()
    assert not okta.is_waiting
    page = browser(alice).post(path, form(issuer), follow=True).content.decode()
    assert "Nothing was changed" in page


def test_what_waits_when_it_is_switched_off_is_entered(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    client, path = browser(alice), f"/single-sign-on/{okta.pk}/"
    client.post(path, form(issuer, client_id="another"))
    client.post(f"{path}disable/")
    okta.refresh_from_db()
    assert (okta.client_id, okta.is_waiting, okta.status) == ("another", False, "disabled")
    page = client.post(f"{path}activate/", follow=True)
    assert "Test the connection" in page.content.decode()

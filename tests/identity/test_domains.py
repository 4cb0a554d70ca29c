"""Domains: proved by DNS, discovered at the sign-in, and required where an owner says so."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from pytest_django import Settings

from apps.accounts import services as accounts
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.identity import services
from apps.identity.exceptions import (
    DomainTaken,
    NeedsBreakGlass,
    NeedsConnection,
    NotProved,
    StillEnforced,
)
from apps.identity.models import Connection, Domain, Link
from apps.notifications.models import Mail, Notification
from tests.factories.cast import member
from tests.factories.factors import Device
from tests.factories.issuer import Issuer, sign_in, stranger
from tests.factories.names import NameServer

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7"


def of_halden(name: str, role: str) -> User:
    """Return a member whose address lies in the company's domain."""
    user = member(name, role)
    User.objects.filter(pk=user.pk).update(email=f"{name.lower()}@halden.example")
    EmailAddress.objects.filter(user=user).update(email=f"{name.lower()}@halden.example")
    user.refresh_from_db()
    return user


@pytest.fixture
def required(okta: Connection, alice: User) -> Domain:
    """The domain that must be signed in through Okta; Alice is on the emergency list."""
    services.set_break_glass(alice, allowed=True, actor=alice)
    domain = Domain.objects.get(name="halden.example")
    services.enforce(domain, enforced=True, actor=alice)
    return domain


def by_password(user: User) -> Any:
    return stranger().post("/accounts/login/", {"login": user.email, "password": PASSWORD})


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "no TXT record"),
        ([], "no TXT record"),
        (["v=spf1 -all"], "1 other TXT record"),
        (["auterity-verification=00000000000000000000000000000000"], "1 other TXT record"),
        (["a", "b"], "2 other TXT records"),
    ],
)
def test_what_does_not_name_us_proves_nothing(
    names: NameServer, alice: User, found: list[str] | None, words: str
) -> None:
    domain = services.add_domain("halden.example", actor=alice)
    if found is not None:
        names.records["halden.example"] = found
    with pytest.raises(NotProved, match=words):
        services.verify_domain(domain, actor=alice)
    assert Domain.objects.get().verified_at is None


def test_a_record_among_others_proves_it(names: NameServer, alice: User) -> None:
    domain = services.add_domain("halden.example", actor=alice)
    names.records["halden.example"] = ["v=spf1 -all", domain.record]
    services.verify_domain(domain, actor=alice)
    assert Domain.objects.get().verified_at is not None
    assert AuditEntry.objects.filter(action="domain.verified").count() == 1


def test_a_name_server_that_is_away_is_said(settings: Settings, alice: User) -> None:
    settings.DNS_SERVER = "127.0.0.1:1"
    domain = services.add_domain("halden.example", actor=alice)
    with pytest.raises(NotProved, match="did not answer"):
        services.verify_domain(domain, actor=alice)


def test_a_domain_is_listed_once(alice: User) -> None:
    services.add_domain("halden.example", actor=alice)
    with pytest.raises(DomainTaken):
        services.add_domain("halden.example", actor=alice)


@pytest.mark.parametrize("role", ["admin", "builder", "viewer"])
def test_only_owners_change_how_people_sign_in(alice: User, role: str) -> None:
    other = member("Other", role)
    with pytest.raises(Forbidden):
        services.add_domain("halden.example", actor=other)
    with pytest.raises(Forbidden):
        services.create_connection(vendor="okta", name="Okta", actor=other)
    with pytest.raises(Forbidden):
        services.set_break_glass(alice, allowed=True, actor=other)


def test_the_sign_in_asks_for_the_address_first(okta: Connection) -> None:
    client = stranger()
    page = client.get("/accounts/login/").content.decode()
    assert 'action="/sso/"' in page
    assert 'name="password"' not in page
    assert 'name="password"' in client.get("/accounts/login/?password=1").content.decode()


def test_without_a_connection_the_sign_in_is_as_before(alice: User) -> None:
    assert 'name="password"' in stranger().get("/accounts/login/").content.decode()


def test_the_ways_in_depend_on_the_domain_alone(okta: Connection) -> None:
    of_halden("Known", "viewer")

    def offered(email: str) -> str:
        page = stranger().post("/sso/", {"email": email, "next": "/runs/"}).content.decode()
        return page.replace(email, "x").replace(email.replace("@", "%40"), "x")

    def bare(page: str) -> str:
        return page.split("csrfmiddlewaretoken")[0].split("<main")[1]

    known, unknown = offered("known@halden.example"), offered("nobody@halden.example")
    assert "Continue with Okta" in known
    assert bare(known) == bare(unknown)
    assert "Continue with Okta" not in offered("known@elsewhere.example")


@pytest.mark.parametrize("email", ["", "x", "x" * 300 + "@halden.example"])
def test_what_is_no_address_leads_back(okta: Connection, email: str) -> None:
    assert stranger().post("/sso/", {"email": email})["Location"] == "/accounts/login/"


def test_a_required_provider_closes_passwords(required: Domain) -> None:
    someone = of_halden("Someone", "viewer")
    answer = by_password(someone)
    assert answer.status_code == 403
    assert "Continue with Okta" in answer.content.decode()
    wrong = stranger().post("/accounts/login/", {"login": someone.email, "password": "wrong"})
    assert wrong.status_code == 200  # who does not know the password learns nothing


def test_it_closes_codes_and_new_passwords(required: Domain) -> None:
    someone = of_halden("Someone", "viewer")
    newcomer = "newcomer@halden.example"  # becomes a member by coming through the provider
    for path in ("/accounts/login/code/", "/accounts/password/reset/"):
        _leads_to_the_provider(path, someone.email)
        _leads_to_the_provider(path, newcomer)


def _leads_to_the_provider(path: str, email: str) -> None:
    mail.outbox.clear()
    answer = stranger().post(path, {"email": email})
    assert answer.status_code == 302
    assert "identity provider" in str(mail.outbox[0].body)
    assert "password/reset/key" not in str(mail.outbox[0].body)


def test_another_address_is_no_way_around(
    issuer: Issuer, okta: Connection, required: Domain
) -> None:
    client = stranger()
    sign_in(client, issuer, okta)
    person = User.objects.get(pk=client.session["_auth_user_id"])
    person.set_password(PASSWORD)
    person.email = "priya@private.example"
    person.save()
    EmailAddress.objects.filter(user=person).update(email=person.email)
    assert by_password(person).status_code == 403


def test_others_are_not_touched(required: Domain) -> None:
    assert by_password(member("Guest", "viewer")).status_code == 302


def test_the_provider_lets_them_in(issuer: Issuer, okta: Connection, required: Domain) -> None:
    client = stranger()
    assert sign_in(client, issuer, okta).status_code == 302
    assert "_auth_user_id" in client.session


def test_an_owner_breaks_the_glass_and_all_owners_hear_of_it(required: Domain, alice: User) -> None:
    rescuer = of_halden("Rescuer", "owner")
    assert by_password(rescuer).status_code == 403  # not on the list
    services.set_break_glass(rescuer, allowed=True, actor=alice)
    assert by_password(rescuer).status_code == 302
    assert AuditEntry.objects.get(action="member.broke_glass").actor_label == "Rescuer"
    told = Notification.objects.filter(kind="identity.broken_glass")
    assert {each.user for each in told} == {alice, rescuer}
    assert set(Mail.objects.values_list("recipient", flat=True)) == {alice.email, rescuer.email}


def test_the_list_counts_for_owners_alone(required: Domain, alice: User) -> None:
    former = of_halden("Former", "owner")
    services.set_break_glass(former, allowed=True, actor=alice)
    former.role_bindings.update(role=member("Any", "viewer").role)
    assert by_password(former).status_code == 403


def test_requiring_ends_sessions_of_the_domain(okta: Connection, alice: User) -> None:
    someone, guest = of_halden("Someone", "viewer"), member("Guest", "viewer")
    theirs, guests = stranger(), stranger()
    theirs.force_login(someone)
    guests.force_login(guest)
    services.set_break_glass(alice, allowed=True, actor=alice)
    services.enforce(Domain.objects.get(), enforced=True, actor=alice)
    assert theirs.get("/profile/").status_code == 302
    assert guests.get("/profile/").status_code == 200


def test_what_must_be_there_first(okta: Connection, alice: User) -> None:
    domain = Domain.objects.get()
    with pytest.raises(NeedsBreakGlass):
        services.enforce(domain, enforced=True, actor=alice)
    services.set_break_glass(alice, allowed=True, actor=alice)
    services.assign_domain(domain, None, actor=alice)
    with pytest.raises(NeedsConnection):
        services.enforce(domain, enforced=True, actor=alice)


def test_what_is_required_cannot_be_taken_away(
    required: Domain, okta: Connection, alice: User
) -> None:
    with pytest.raises(StillEnforced):
        services.disable(okta, actor=alice)
    with pytest.raises(StillEnforced):
        services.delete_connection(okta, actor=alice)
    with pytest.raises(StillEnforced):
        services.remove_domain(required, actor=alice)
    with pytest.raises(NeedsBreakGlass):
        services.set_break_glass(alice, allowed=False, actor=alice)


def test_a_workspaces_domains_are_its_own(okta: Connection, mallory: User) -> None:
    page = stranger("beta").post("/sso/", {"email": "x@halden.example"}).content.decode()
    assert "Continue with Okta" not in page
    assert stranger("beta").get(f"/sso/{okta.pk}/start/").status_code == 409


def test_a_passkey_is_no_way_round_the_company(required: Domain) -> None:
    someone, device = of_halden("Priya", "viewer"), Device()
    device.keep(someone)
    client = stranger()
    assert device.sign_in(client, someone).status_code == 403
    assert client.get("/profile/").status_code == 302
    refused = AuditEntry.objects.get(action="session.refused")
    assert (refused.actor_label, refused.result) == ("Priya", "denied")


def test_who_breaks_glass_owes_the_second_factor(required: Domain, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(email="alice@halden.example")
    EmailAddress.objects.filter(user=alice).update(email="alice@halden.example")
    rules = {"factor_for": "everybody", "factor_grace": timedelta(0)}
    accounts.change_sign_in_rules(rules, actor=alice)
    client, form = stranger(), {"login": "alice@halden.example", "password": PASSWORD}
    client.post("/accounts/login/", form)
    assert client.get("/workflows/")["Location"] == "/accounts/2fa/"
    assert AuditEntry.objects.filter(action="member.broke_glass").exists()


def test_who_comes_through_the_company_owes_none(
    required: Domain, issuer: Issuer, okta: Connection, alice: User
) -> None:
    rules = {"factor_for": "everybody", "factor_grace": timedelta(0)}
    accounts.change_sign_in_rules(rules, actor=alice)
    client = stranger()
    sign_in(client, issuer, okta)
    assert client.get("/workflows/").status_code == 200


def test_requiring_ends_sessions_of_linked_people_too(okta: Connection, alice: User) -> None:
    """They must come through the provider as well, whatever their address is."""
    contractor = member("Contractor", "viewer")
    Link.objects.create(connection=okta, subject="00u1contractor", user=contractor)
    theirs = stranger()
    theirs.force_login(contractor)
    services.set_break_glass(alice, allowed=True, actor=alice)
    services.enforce(Domain.objects.get(), enforced=True, actor=alice)
    assert theirs.get("/profile/").status_code == 302

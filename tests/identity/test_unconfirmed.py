"""Connections that a set-up link switched on: whom they let in before an owner confirms."""

import pytest

from apps.accounts import services as accounts
from apps.accounts.models import Role, User
from apps.audit.models import AuditEntry
from apps.identity import entrusted, gate, services, setup_links
from apps.identity.api_access import deciding
from apps.identity.exceptions import (
    NeedsBreakGlass,
    NotConfirmed,
    NotYours,
    SetupClosed,
)
from apps.identity.models import ApiAccess, Connection, Domain, SetupLink
from apps.identity.setup_links import Terms
from tests.factories.browsers import browser
from tests.factories.entrusting import DOMAIN, as_priya, ready
from tests.factories.issuer import (
    ALICE,
    Issuer,
    stranger,
)
from tests.factories.names import NameServer
from tests.identity.test_domains import by_password, of_halden

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", ["owner", "admin"])
def test_whoever_holds_more_does_not_come_in_before_an_owner_confirms(
    on: SetupLink, issuer: Issuer, alice: User, role: str
) -> None:
    """The attack: a provider of one's own says that one is the owner."""
    chief = of_halden("Chief", role)
    client, answer = as_priya(issuer, on, sub="evil", email=chief.email)
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session
    assert not chief.company_links.exists()
    services.confirm(on.connection, actor=alice)
    client, _ = as_priya(issuer, on, sub="evil", email=chief.email)
    assert client.session["_auth_user_id"] == str(chief.pk)
    assert chief.role_bindings.get().role.name == ("owner" if role == "owner" else "builder")


def test_rights_in_a_folder_or_by_a_group_count_too(
    on: SetupLink, issuer: Issuer, alice: User
) -> None:
    grouped, narrow = of_halden("Grouped", "viewer"), of_halden("Narrow", "viewer")
    group = accounts.create_group(name="Admins", actor=alice)
    accounts.set_group_role(group, role="admin", actor=alice)
    accounts.add_to_group(group, grouped, actor=alice)
    folder = accounts.create_folder(name="Finance", actor=alice)
    accounts.give_right(folder, narrow, role="admin", actor=alice)
    for each in (grouped, narrow):
        assert as_priya(issuer, on, sub="evil", email=each.email)[1].status_code == 403


def test_who_rose_since_keeps_their_rights_and_stays_outside(on: SetupLink, issuer: Issuer) -> None:
    as_priya(issuer, on)
    priya = User.objects.get(email=ALICE["email"])
    priya.role_bindings.update(role=Role.objects.get(name="admin"))
    answer = as_priya(issuer, on, groups=[])[1]
    assert answer.status_code == 403
    assert priya.role_bindings.get().role.name == "admin"


def test_a_rule_of_owners_brings_nothing_before_they_confirm(
    on: SetupLink, issuer: Issuer, alice: User
) -> None:
    services.add_rule(on.connection, group="admins", role="admin", folder=None, actor=alice)
    assert as_priya(issuer, on, groups=["admins"])[1].status_code == 403
    assert not User.objects.filter(email=ALICE["email"]).exists()


def test_others_of_the_domain_come_in_and_other_domains_do_not(
    on: SetupLink, issuer: Issuer, alice: User
) -> None:
    bob = of_halden("Bob", "builder")
    client, _ = as_priya(issuer, on, sub="bob", email=bob.email)
    assert client.session["_auth_user_id"] == str(bob.pk)
    other = services.add_domain("other.example", actor=alice)
    with pytest.raises(NotConfirmed):
        services.assign_domain(other, on.connection, actor=alice)
    assert as_priya(issuer, on, sub="x", email="x@other.example")[1].status_code == 403


def test_its_tokens_open_no_api_before_an_owner_confirms(on: SetupLink, alice: User) -> None:
    cap = Role.objects.get(name="viewer")
    ApiAccess.objects.create(connection=on.connection, is_on=True, cap=cap)
    assert not deciding.usable().exists()
    services.confirm(on.connection, actor=alice)
    assert deciding.usable().exists()


def test_what_is_on_is_changed_and_mapped_by_owners(on: SetupLink, issuer: Issuer) -> None:
    with pytest.raises(SetupClosed):
        services.change_settings(on.connection, {"issuer": "https://evil.example"}, actor=on)
    with pytest.raises(SetupClosed):
        services.add_rule(on.connection, group="g", role="viewer", folder=None, actor=on)
    with pytest.raises(SetupClosed):
        entrusted.prove_domain(on)


def test_requiring_needs_an_owner_for_emergencies(on: SetupLink) -> None:
    with pytest.raises(NeedsBreakGlass):
        services.enforce(Domain.objects.get(), enforced=True, actor=on)


def test_requiring_shuts_nobody_out_who_does_not_come_in_yet(
    on: SetupLink, alice: User, issuer: Issuer
) -> None:
    services.set_break_glass(alice, allowed=True, actor=alice)
    chief, bob = of_halden("Chief", "admin"), of_halden("Bob", "builder")
    at_work = stranger()
    at_work.force_login(chief)
    services.enforce(Domain.objects.get(), enforced=True, actor=on)
    assert at_work.get("/profile/").status_code == 200
    assert by_password(chief).status_code == 302
    assert by_password(bob).status_code == 403
    services.confirm(on.connection, actor=alice)
    assert at_work.get("/profile/").status_code == 302
    assert by_password(chief).status_code == 403
    assert gate.enforcing(chief.email, chief) is not None


def test_a_link_never_allows_other_ways_again(on: SetupLink, alice: User) -> None:
    services.set_break_glass(alice, allowed=True, actor=alice)
    domain = Domain.objects.get()
    other = services.add_domain("other.example", actor=alice)
    services.enforce(domain, enforced=True, actor=on)
    for chosen, wanted in ((domain, False), (other, True)):
        with pytest.raises(NotYours):
            services.enforce(chosen, enforced=wanted, actor=on)
    domain.refresh_from_db()
    assert domain.enforced


def test_a_link_that_may_only_switch_on_requires_nothing(
    draft: Connection, alice: User, issuer: Issuer, names: NameServer
) -> None:
    services.set_break_glass(alice, allowed=True, actor=alice)
    link = ready(draft, alice, issuer, names, Terms(DOMAIN, "viewer", may_switch_on=True))
    services.activate(link.connection, actor=link)
    with pytest.raises(NotYours):
        services.enforce(Domain.objects.get(), enforced=True, actor=link)
    assert not Domain.objects.get().enforced


def test_who_could_not_sign_in_this_way_proves_nothing_by_it(on: SetupLink, issuer: Issuer) -> None:
    client, _ = as_priya(issuer, on)
    priya = User.objects.get(email=ALICE["email"])
    priya.role_bindings.update(role=Role.objects.get(name="admin"))
    away = client.get(f"/sso/{on.connection_id}/prove/", {"next": "/keys/"})
    back = issuer.authorize(away["Location"])
    answer = client.get(f"/sso/{on.connection_id}/callback/?{back}")
    assert answer.status_code == 403
    assert gate.CompanyGate().proof_page(priya) is None


def test_an_owner_who_switches_it_on_anew_has_confirmed_it(on: SetupLink, alice: User) -> None:
    services.disable(on.connection, actor=alice)
    services.activate(on.connection, actor=alice)
    on.connection.refresh_from_db()
    assert on.connection.ceiling is None
    with pytest.raises(SetupClosed):
        setup_links.opened(on.pk)


def test_what_an_owner_switched_off_the_link_leaves_alone(on: SetupLink, alice: User) -> None:
    services.disable(on.connection, actor=alice)
    for act in (
        lambda: services.activate(on.connection, actor=on),
        lambda: services.change_settings(
            on.connection, {"issuer": "https://evil.example"}, actor=on
        ),
        lambda: services.add_rule(on.connection, group="g", role="viewer", folder=None, actor=on),
    ):
        with pytest.raises(SetupClosed):
            act()


def test_owners_see_what_to_confirm(on: SetupLink, alice: User) -> None:
    page = browser(alice).get(f"/single-sign-on/{on.connection_id}/test/").content.decode()
    assert "Is this your company's provider?" in page.replace("&#x27;", "'")
    assert on.connection.issuer in page
    browser(alice).post(f"/single-sign-on/{on.connection_id}/confirm/")
    on.connection.refresh_from_db()
    assert on.connection.ceiling is None
    assert AuditEntry.objects.filter(action="connection.confirmed").count() == 1

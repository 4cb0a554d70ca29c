"""What owners give with a set-up link, from the first click to the last, and what it must not do."""

from collections.abc import Callable
from typing import Any

import pytest

from apps.accounts import services as accounts
from apps.accounts.models import Role, User
from apps.audit.models import AuditEntry
from apps.common.errors import DomainError, Forbidden, Invalid
from apps.identity import entrusted, services, setup_links, testing
from apps.identity.exceptions import (
    NotProved,
    NotYours,
)
from apps.identity.models import ApiAccess, Connection, Domain, SetupLink
from apps.identity.setup_links import DomainElsewhere, Terms
from apps.notifications.models import Mail, Notification
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.entrusting import ALL, DOMAIN, as_priya, entered, opened, ready, tried
from tests.factories.issuer import (
    ALICE,
    Issuer,
    proved,
    stranger,
)
from tests.factories.names import NameServer
from tests.identity.test_domains import of_halden
from tests.identity.test_pages import details, went_through

pytestmark = pytest.mark.django_db


def test_the_whole_way_by_link_alone(
    issuer: Issuer, draft: Connection, alice: User, names: NameServer
) -> None:
    services.set_break_glass(alice, allowed=True, actor=alice)
    form = {"domain": DOMAIN, "cap": "builder", "may_switch_on": "on", "may_enforce": "on"}
    made: Any = browser(alice).post(f"/single-sign-on/{draft.pk}/setup-link/", form)
    assert made.status_code == 201
    guest = stranger()
    assert guest.post(made.context["link_address"])["Location"] == "/sso/setup/steps/"
    assert "auterity-verification=" in guest.get("/sso/setup/steps/").content.decode()
    guest.post("/sso/setup/", details(issuer))
    page = went_through(guest, issuer, "/sso/setup/test/begin/").content.decode()
    assert "The test passed" in page
    names.records[DOMAIN] = [SetupLink.objects.get().record]
    guest.post("/sso/setup/prove/")
    left = guest.get("/sso/setup/steps/").content.decode()
    assert "Map one of the groups" in left
    guest.post("/sso/setup/rules/", {"group": "auterity-builders", "role": "builder"})
    assert "Priya Raman would become a member" in guest.get("/sso/setup/steps/").content.decode()
    guest.post("/sso/setup/activate/")
    page = guest.post("/sso/setup/enforce/", follow=True).content.decode()
    assert "You are done" in page
    assert Domain.objects.get().enforced
    client, _ = as_priya(issuer, SetupLink.objects.get())
    assert client.get("/workflows/").status_code == 200
    acts = AuditEntry.objects.filter(actor_type="setuplink").exclude(action="setup_link.opened")
    assert {each.via for each in acts} == {"Alice"}
    assert {"connection.activated", "domain.enforced"} <= {each.action for each in acts}
    titles = Notification.objects.filter(kind="identity.by_link", user=alice).values_list("title", flat=True)  # fmt: skip
    assert len(titles) == 2
    assert Mail.objects.filter(recipient=alice.email).count() == 2


def test_the_test_passes_before_anything_is_decided_here(
    issuer: Issuer, draft: Connection, alice: User
) -> None:
    """Neither a domain nor a role is there yet: that is no fault of the provider."""
    guest = stranger()
    guest.post(f"/sso/setup/open/{setup_links.create(draft, actor=alice)[1]}/")
    guest.post("/sso/setup/", details(issuer))
    page = went_through(guest, issuer, "/sso/setup/test/begin/").content.decode()
    assert "The test passed" in page
    assert "Add and prove" not in page
    draft.refresh_from_db()
    assert testing.is_tested(draft)
    steps = guest.get("/sso/setup/steps/").content.decode()
    assert "You are done" in steps
    assert steps.count("Waits for an owner") == 4
    owners = browser(alice).get(f"/single-sign-on/{draft.pk}/test/").content.decode()
    assert "nobody comes in yet" in owners


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"email": ""}, "no_email"),
        ({"email_verified": False}, "email_not_verified"),
        ({"sub": ""}, "no_subject"),
    ],
)
def test_what_the_provider_does_wrong_fails_the_test(
    draft: Connection, alice: User, issuer: Issuer, claims: dict[str, Any], code: str
) -> None:
    told = testing.report(draft, ALICE | claims)
    assert told["problem"]["code"] == code
    tried(entered(opened(draft, alice), issuer), **claims)
    assert not testing.is_tested(draft)


def test_a_link_without_rights_decides_nothing(
    draft: Connection, alice: User, issuer: Issuer
) -> None:
    guest = stranger()
    guest.post(f"/sso/setup/open/{setup_links.create(draft, actor=alice)[1]}/")
    link = tried(entered(SetupLink.objects.get(), issuer))
    proved(draft, alice, DOMAIN)
    for path in ("prove/", "everyone/", "activate/", "enforce/", "rules/"):
        guest.post(f"/sso/setup/{path}", {"group": "g", "role": "viewer"})
    draft.refresh_from_db()
    assert (draft.status, draft.default_role) == ("draft", None)
    assert not draft.rules.exists()
    assert not Domain.objects.get().enforced
    with pytest.raises(DomainError):
        services.activate(draft, actor=link)


@pytest.mark.parametrize(
    "terms",
    [
        Terms("", "viewer"),
        Terms(DOMAIN, "", may_switch_on=True),
        Terms(DOMAIN, "viewer", may_enforce=True),
    ],
)
def test_each_right_needs_the_one_before(draft: Connection, alice: User, terms: Terms) -> None:
    with pytest.raises(Invalid):
        setup_links.create(draft, actor=alice, terms=terms)
    assert not SetupLink.objects.exists()


@pytest.mark.parametrize("role", ["owner", "caller"])
def test_no_link_gives_an_owner_s_role(draft: Connection, alice: User, role: str) -> None:
    with pytest.raises(Forbidden):
        setup_links.create(draft, actor=alice, terms=Terms(DOMAIN, role))
    page = browser(alice).post(
        f"/single-sign-on/{draft.pk}/setup-link/", {"domain": DOMAIN, "cap": role}
    )
    assert page.status_code == 422


@pytest.mark.parametrize("role", ["admin", "builder", "viewer"])
def test_only_owners_make_links_and_confirm(on: SetupLink, role: str) -> None:
    other = member("Other", role)
    with pytest.raises(DomainError):
        setup_links.create(on.connection, actor=other)
    with pytest.raises(DomainError):
        services.confirm(on.connection, actor=other)
    browser(other).post(f"/single-sign-on/{on.connection_id}/confirm/")
    on.connection.refresh_from_db()
    assert on.connection.ceiling is not None


def test_nothing_is_mapped_beyond_the_cap_nor_taken_from_above(
    draft: Connection, alice: User
) -> None:
    admins = services.add_rule(draft, group="admins", role="admin", folder=None, actor=alice)
    link = opened(draft, alice)
    for role in ("admin", "owner"):
        with pytest.raises(Forbidden):
            services.add_rule(draft, group="mine", role=role, folder=None, actor=link)
        with pytest.raises(Forbidden):
            services.set_default_role(draft, role, actor=link)
    with pytest.raises(Forbidden):
        services.add_rule(draft, group="admins", role="viewer", folder=None, actor=link)
    with pytest.raises(Forbidden):
        services.remove_rule(admins, actor=link)
    services.set_default_role(draft, "admin", actor=alice)
    with pytest.raises(Forbidden):
        services.set_default_role(draft, "viewer", actor=link)
    services.add_rule(draft, group="mine", role="builder", folder=None, actor=link)
    assert draft.rules.count() == 2


def test_a_record_that_stood_there_proves_nothing(
    draft: Connection, alice: User, issuer: Issuer, names: NameServer
) -> None:
    """Else whoever found the link could do without the DNS: the owner proved the domain long ago."""
    domain = proved(draft, alice, DOMAIN)
    names.records[DOMAIN] = [domain.record, opened(draft, alice).record]
    link = tried(entered(opened(draft, alice), issuer))
    services.set_default_role(draft, "viewer", actor=link)
    with pytest.raises(NotProved):
        entrusted.prove_domain(link)
    with pytest.raises(NotYours, match="Prove the domain"):
        services.activate(draft, actor=link)
    with pytest.raises(DomainError):
        services.enforce(domain, enforced=True, actor=link)


def test_without_the_dns_a_link_does_not_tell_who_is_a_member(
    draft: Connection, alice: User, issuer: Issuer, names: NameServer
) -> None:
    of_halden("Priya", "admin")
    proved(draft, alice, DOMAIN)
    link = tried(entered(opened(draft, alice), issuer))
    found = testing.last_outcome(draft, link)
    assert found is not None
    assert (found.would, found.roles, found.left) == ("", [], None)


def test_another_connection_s_domain_stays_where_it_is(
    okta: Connection, alice: User, names: NameServer
) -> None:
    other = services.create_connection(vendor="okta", name="Other", actor=alice)
    with pytest.raises(DomainElsewhere):
        setup_links.create(other, actor=alice, terms=ALL)
    services.assign_domain(Domain.objects.get(), None, actor=alice)
    link = opened(other, alice)
    services.assign_domain(Domain.objects.get(), okta, actor=alice)
    names.records[DOMAIN] = [link.record]
    with pytest.raises(NotYours):
        entrusted.prove_domain(link)
    assert Domain.objects.get().connection == okta


def test_a_connection_that_was_on_is_its_owners(okta: Connection, alice: User) -> None:
    services.disable(okta, actor=alice)
    with pytest.raises(DomainError):
        setup_links.create(okta, actor=alice, terms=ALL)
    page = browser(alice).get(f"/single-sign-on/{okta.pk}/setup-link/").content.decode()
    assert "It was switched on before" in page


def other_domain(link: SetupLink, alice: User) -> None:
    proved(link.connection, alice, "other.example")


def opens_the_api(link: SetupLink, alice: User) -> None:
    cap = Role.objects.get(name="viewer")
    ApiAccess.objects.create(connection=link.connection, is_on=True, cap=cap)


def changed(link: SetupLink, alice: User) -> None:
    services.change_settings(link.connection, {"client_id": "another"}, actor=link)


def nobody_comes_in(link: SetupLink, alice: User) -> None:
    link.connection.rules.all().delete()


def gives_too_much(link: SetupLink, alice: User) -> None:
    services.add_rule(
        link.connection, group="auterity-builders", role="admin", folder=None, actor=alice
    )


def withdrawn(link: SetupLink, alice: User) -> None:
    setup_links.revoke(link.connection, actor=alice)


def maker_suspended(link: SetupLink, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(is_active=False)


def maker_lost_it(link: SetupLink, alice: User) -> None:
    alice.role_bindings.update(role=Role.objects.get(name="admin"))


def domain_removed(link: SetupLink, alice: User) -> None:
    services.remove_domain(Domain.objects.get(), actor=alice)


def cap_deleted(link: SetupLink, alice: User) -> None:
    SetupLink.objects.update(cap=None)


@pytest.mark.parametrize(
    "happens",
    [
        other_domain, opens_the_api, changed, nobody_comes_in, gives_too_much, withdrawn,
        maker_suspended, maker_lost_it, domain_removed, cap_deleted,
    ],
)  # fmt: skip
def test_it_is_looked_at_anew_when_it_is_switched_on(
    draft: Connection,
    alice: User,
    issuer: Issuer,
    names: NameServer,
    happens: Callable[[SetupLink, User], None],
) -> None:
    link = ready(draft, alice, issuer, names)
    happens(link, alice)
    with pytest.raises(DomainError):
        services.activate(link.connection, actor=link)
    assert Connection.objects.get().status == "draft"


def test_a_role_that_grew_is_no_cap_any_more(draft: Connection, alice: User) -> None:
    role = accounts.create_role(label="Lead", permissions=["workflow.view"], actor=alice)
    link = opened(draft, alice, Terms(DOMAIN, role.name))
    Role.objects.filter(pk=role.pk).update(permissions=["workflow.view", "connection.manage"])
    with pytest.raises(Forbidden):
        services.add_rule(draft, group="g", role="viewer", folder=None, actor=link)


def test_a_link_does_not_let_strangers_in_where_owners_do_not(
    draft: Connection, alice: User
) -> None:
    services.set_default_role(draft, "", members_only=True, actor=alice)
    services.set_default_role(draft, "viewer", actor=opened(draft, alice))
    draft.refresh_from_db()
    assert draft.members_only

"""Set-up links with rights, and how far their holders have come."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.identity import entrusted, services, setup_links, testing
from apps.identity.models import Attempt, Connection, SetupLink
from apps.identity.setup_links import Terms
from tests.factories.issuer import (
    ALICE,
    CLIENT_ID,
    CLIENT_SECRET,
    Issuer,
    sign_in,
    stranger,
)
from tests.factories.names import NameServer

DOMAIN = "halden.example"
ALL = Terms(DOMAIN, "builder", may_switch_on=True, may_enforce=True)


@pytest.fixture
def draft(issuer: Issuer, alice: User) -> Connection:
    return services.create_connection(vendor="okta", name="Okta", actor=alice)


def opened(connection: Connection, owner: User, terms: Terms = ALL) -> SetupLink:
    """Return a link that was opened."""
    return setup_links.open_once(setup_links.create(connection, actor=owner, terms=terms)[1])


def entered(link: SetupLink, issuer: Issuer) -> SetupLink:
    """Enter the details of a provider that the link's holder chose."""
    changes = {"issuer": issuer.url, "client_id": CLIENT_ID, "secret": CLIENT_SECRET}
    services.change_settings(link.connection, changes, actor=link)
    return link


def shown(link: SetupLink, names: NameServer) -> SetupLink:
    """Put the link's record where the domain's DNS is, and have it looked at."""
    names.records[DOMAIN] = [link.record]
    entrusted.prove_domain(link)
    return link


def tried(link: SetupLink, **claims: Any) -> SetupLink:
    """Have a test come back with what the provider says."""
    attempt = Attempt.objects.create(connection=link.connection, is_test=True)
    testing.finish(attempt, testing.report(link.connection, ALICE | claims))
    link.connection.refresh_from_db()
    return link


def ready(
    draft: Connection, owner: User, issuer: Issuer, names: NameServer, terms: Terms = ALL
) -> SetupLink:
    """Return a link with which all is done that comes before switching on."""
    link = tried(shown(entered(opened(draft, owner, terms), issuer), names))
    services.add_rule(
        link.connection, group="auterity-builders", role=terms.cap, folder=None, actor=link
    )
    return link


@pytest.fixture
def on(draft: Connection, alice: User, issuer: Issuer, names: NameServer) -> SetupLink:
    """A link that switched its connection on, for people up to builders."""
    link = ready(draft, alice, issuer, names)
    services.activate(link.connection, actor=link)
    return link


def as_priya(issuer: Issuer, link: SetupLink, **claims: Any) -> tuple[Client, Any]:
    issuer.claims = ALICE | claims
    client = stranger()
    return client, sign_in(client, issuer, link.connection)

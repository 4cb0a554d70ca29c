"""A workspace's way to its company's provider, for the walk: every text of it a canary."""

from datetime import timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services import role_named
from apps.directory import groups, people
from apps.directory import services as directories
from apps.directory.imports import services as imports
from apps.directory.models import Directory, PeopleImport
from apps.identity import attempts, pinning, services, setup_links, setup_views
from apps.identity.api_access import services as api_access
from apps.identity.models import Attempt, Connection, Domain, SetupLink
from apps.identity.oidc import provider
from apps.identity.saml import certificates, flow, keys
from apps.identity.testing import fingerprint
from apps.tenants.context import current_tenant
from tests.factories.asserter import Asserter, Pair, Question, instant, ours, posted, settings_of


def make(owner: User, canary: str) -> dict[str, str]:
    """Make a connection that is switched on, with a domain, a rule and links; return their ids."""
    connection = services.create_connection(vendor="okta", name=canary, actor=owner)
    issuer = f"https://{canary}.invalid"
    changes = {"issuer": issuer, "client_id": canary}
    services.change_settings(connection, changes, actor=owner)
    rule = services.add_rule(
        connection, group=f"{canary} group", role="viewer", folder=None, actor=owner
    )
    domain = services.add_domain(f"{canary}.example", actor=owner)
    Domain.objects.filter(pk=domain.pk).update(verified_at=timezone.now())
    services.assign_domain(domain, connection, actor=owner)
    Connection.objects.filter(pk=connection.pk).update(tested=fingerprint(connection))
    connection.refresh_from_db()
    services.activate(connection, actor=owner)
    _describe(issuer)
    token = setup_links.create(connection, actor=owner)[1]
    draft = services.create_connection(vendor="okta", name=f"{canary} draft", actor=owner)
    attempt = Attempt.objects.create(connection=connection, is_test=True)
    return _asserting(owner, canary) | {
        "connection": str(connection.pk),
        "domain": str(domain.pk),
        "group_rule": str(rule.pk),
        "setup_token": token,
        "state": attempts.state(attempt),
        "attempt": str(attempt.pk),
        "opened_link": str(_opened(draft, owner, canary).pk),
        "guest_rule": str(draft.rules.get().pk),
        "guest_token": str(directories.make_token(draft, life=timedelta(1), actor=owner)[0].pk),
        **_directory(connection, owner, canary),
        **_api_access(connection, owner, canary),
    }


def _api_access(connection: Connection, owner: User, canary: str) -> dict[str, str]:
    """Accept the provider's tokens, with a rule and a program; return their ids."""
    wanted = {"is_on": True, "audiences": [f"{canary}-api"]}
    access = api_access.change(connection, wanted, actor=owner)
    api_access.set_rule(connection, value=f"{canary}-scope", role="viewer", actor=owner)
    client = api_access.add_client(
        connection, name=f"{canary} robot", subject=canary, client_id=canary, role="viewer", actor=owner
    )  # fmt: skip
    return {"scope_rule": str(access.rules.get().pk), "token_client": str(client.pk)}


def _directory(connection: Connection, owner: User, canary: str) -> dict[str, str]:
    """Make a directory that is switched on, with somebody and a group; return their ids."""
    directories.switch(connection, on=True, actor=owner)
    token, text = directories.make_token(connection, life=timedelta(1), actor=owner)
    directory = Directory.objects.get(connection=connection)
    person = people.add(directory, {"userName": f"kept@{canary}.example"})
    kept = groups.add(directory, {"displayName": f"{canary} kept"}, [person.pk])
    return {
        "scim_token": text,
        "directory_token": str(token.pk),
        "kept_person": str(person.pk),
        "kept_group": str(kept.pk),
        "people_import": str(_import(owner, canary).pk),
    }


def _import(owner: User, canary: str) -> PeopleImport:
    """Read a file of somebody who may join."""
    line = f'{{"user_id": "1", "email": "imported@{canary}.example", "email_verified": true}}'
    return imports.read_file(name=f"{canary}.json", raw=line.encode(), actor=owner)


def bring(session: SessionBase, objects: dict[str, str]) -> None:
    """Let a browser be on its way to the provider, and have opened a set-up link."""
    session[attempts.IN_SESSION] = [objects["attempt"]]
    session[setup_views.IN_SESSION] = objects["opened_link"]
    session.save()


def _opened(connection: Connection, owner: User, canary: str) -> SetupLink:
    """Make a link that was opened, with all that a link may do, and a group that it mapped."""
    now = timezone.now()
    link = SetupLink.objects.create(
        connection=connection, token_hash=connection.pk.hex, opened_at=now, expires_at=now + timedelta(1),
        created_by=owner, domain=services.add_domain(f"draft.{canary}.example", actor=owner),
        cap=role_named("viewer"), may_switch_on=True, may_enforce=True,
    )  # fmt: skip
    group = f"{canary} guests"
    services.add_rule(connection, group=group, role="viewer", folder=None, actor=link)
    return link


def _asserting(owner: User, canary: str) -> dict[str, str]:
    """Make a connection by SAML with two certificates and keys of ours, and an answer that is on its way."""
    made = services.create_connection(
        vendor="okta", protocol="saml", name=f"{canary} SAML", actor=owner
    )
    late = instant(3600)  # the walk takes its time
    idp, second = Asserter(fields={"ends": late, "usable_until": late}), Pair()
    services.change_settings(made, settings_of(idp), actor=owner)
    pinning.pin(made, certificates.read(second.pem), actor=owner)
    keys.prepare(actor=owner)
    attempt = Attempt.objects.create(connection=made)
    here = ours(made, f"http://{current_tenant().slug}.localhost")
    question = Question(here.acs, here.entity_id, flow.request_id(attempt))
    return {
        "saml_connection": str(made.pk),
        "fingerprint": certificates.read(second.pem).fingerprint,
        "certificate": Pair().pem,
        "saml_response": posted(idp.response(question)),
    }


def _describe(issuer: str) -> None:
    """Let the provider be known already: nothing answers at its address."""
    addresses = {
        name: f"{issuer}/{name}"
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
    }
    cache.set(provider._key("provider", issuer), {"issuer": issuer, **addresses}, 3600)

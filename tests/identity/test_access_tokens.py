"""A provider's access tokens on the API: whom they let in, with what rights, and where they do not count."""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone
from rest_framework.test import APIClient

from apps.accounts.models import ApiKey, User
from apps.accounts.services import change_role, remove_member, set_active
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, Invalid
from apps.identity import services as identity
from apps.identity.api_access import services
from apps.identity.models import Connection, Link, TokenClient
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser
from tests.factories.cast import key_client, member
from tests.factories.issuer import CLIENT_ID, Issuer, new_key
from tests.workflows.definitions import greeting

pytestmark = pytest.mark.django_db
AUDIENCE = "https://auterity.halden.example/api"
BOB, ROBOT = "00u1bob", "0oarobot"
ME = "/api/v1/me/"
STRANGER = new_key()


@pytest.fixture
def open_api(okta: Connection, alice: User, bob: User) -> Connection:
    """Okta's tokens open the API: `write` brings a builder's rights, `read` a viewer's."""
    Link.objects.create(connection=okta, subject=BOB, user=bob)
    accept(okta, alice)
    return okta


def accept(connection: Connection, owner: User, **changes: Any) -> None:
    """Accept tokens of a connection, with two rules and a program."""
    wanted = {"is_on": True, "audiences": [AUDIENCE], "cap": "builder", **changes}
    services.change(connection, wanted, actor=owner)
    for value, role in (("read", "viewer"), ("write", "builder")):
        services.set_rule(connection, value=value, role=role, actor=owner)
    services.add_client(
        connection, name="Robot", subject=ROBOT, client_id=ROBOT, role="operator", actor=owner
    )


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def token(issuer: Issuer, subject: str = BOB, header: dict[str, Any] | None = None, **changes: Any) -> str:  # fmt: skip
    """Return an honest token, or one with other claims; None leaves one out."""
    now = int(time.time())
    client = ROBOT if subject == ROBOT else "0oaweb"
    claims = {
        "iss": issuer.url, "sub": subject, "aud": AUDIENCE, "iat": now, "exp": now + 600,
        "client_id": client, "scope": "read write", **changes,
    }  # fmt: skip
    kept = {name: value for name, value in claims.items() if value is not None}
    return issuer.signed(kept, **{"typ": "at+jwt", **(header or {})})


def ask(text: str, path: str = ME, tenant: str = "alpha") -> Any:
    return key_client(text, host=f"{tenant}.localhost").get(path)


def why() -> str:
    """Return the reason of the last refusal."""
    entry = AuditEntry.objects.filter(action="token.refused").latest("at", "id")
    assert entry.result == "denied"
    return str((entry.after or {})["why"])


def test_a_person_acts_by_it_within_rule_cap_and_own_rights(
    issuer: Issuer, open_api: Connection, alice: User, bob: User
) -> None:
    told = ask(token(issuer)).json()
    assert (told["email"], "workflow.publish" in told["permissions"]) == (bob.email, True)
    assert "workflow.edit" not in ask(token(issuer, scope="read")).json()["permissions"]
    change_role(bob, role="viewer", actor=alice)
    assert "workflow.edit" not in ask(token(issuer)).json()["permissions"]


def test_the_cap_binds_owners(issuer: Issuer, open_api: Connection, alice: User) -> None:
    Link.objects.create(connection=open_api, subject="00u1alice", user=alice)
    told = ask(token(issuer, "00u1alice")).json()
    assert told["email"] == alice.email
    assert not {"member.manage", "owner.manage"} & set(told["permissions"])


def test_a_program_acts_as_its_service_account(issuer: Issuer, open_api: Connection) -> None:
    told = ask(token(issuer, ROBOT)).json()
    assert (told["kind"], told["name"]) == ("service", "Robot")
    assert "workflow.run" in told["permissions"]
    assert "workflow.edit" not in told["permissions"]  # its account is an operator's
    assert TokenClient.objects.get().last_used_at is not None


def test_what_is_done_by_it_names_the_token(issuer: Issuer, open_api: Connection, bob: User) -> None:  # fmt: skip
    body = {"name": "By token", "definition": greeting()}
    made = key_client(token(issuer)).post("/api/v1/workflows/", body, format="json")
    assert made.status_code == 201, made.content
    entry = AuditEntry.objects.get(action="workflow.created")
    assert (entry.actor_id, entry.via) == (str(bob.pk), "token of Okta")


@pytest.mark.parametrize(
    ("changes", "header"),
    [
        ({"scope": None, "scp": ["write"]}, {}),
        ({"scope": None, "scp": "write read"}, {}),
        ({"aud": [AUDIENCE]}, {}),
        ({"client_id": None, "azp": "0oaweb"}, {}),
        ({"typ": "Bearer", "token_use": "access"}, {}),
        ({}, {"typ": "application/at+jwt"}),
        ({}, {"typ": "AT+JWT"}),
    ],
)
def test_the_forms_of_honest_tokens(
    issuer: Issuer, open_api: Connection, changes: dict[str, Any], header: dict[str, Any]
) -> None:
    """Without these, a check that refuses everything would look as good."""
    assert ask(token(issuer, header=header, **changes)).status_code == 200


def test_roles_of_a_path_and_the_provider_s_own_audience(
    issuer: Issuer, open_api: Connection, alice: User
) -> None:
    services.change(open_api, {"claim": "realm_access.roles"}, actor=alice)
    both = [AUDIENCE, f"{issuer.url}/userinfo"]
    text = token(issuer, realm_access={"roles": ["write"]}, aud=both)
    assert "workflow.edit" in ask(text).json()["permissions"]


def test_tokens_that_say_nothing_of_themselves_are_an_option(
    issuer: Issuer, open_api: Connection, alice: User
) -> None:
    text = token(issuer, header={"typ": "JWT"})
    assert ask(text).status_code == 401
    assert why() == "untyped"
    services.change(open_api, {"typed_only": False}, actor=alice)
    assert ask(text).status_code == 200
    assert ask(token(issuer, header={"typ": "JWT"}, nonce="n")).status_code == 401
    assert why() == "id_token"


def switched_off(connection: Connection, alice: User, bob: User) -> None:
    services.change(connection, {"is_on": False}, actor=alice)


def connection_disabled(connection: Connection, alice: User, bob: User) -> None:
    identity.disable(connection, actor=alice)


def person_suspended(connection: Connection, alice: User, bob: User) -> None:
    set_active(bob, active=False, actor=alice)


def person_removed(connection: Connection, alice: User, bob: User) -> None:
    remove_member(bob, actor=alice)


def link_cut(connection: Connection, alice: User, bob: User) -> None:
    Link.objects.filter(user=bob).delete()


def rules_removed(connection: Connection, alice: User, bob: User) -> None:
    for rule in services.access_of(connection).rules.all():
        services.remove_rule(rule, actor=alice)


@pytest.mark.parametrize(
    "end",
    [switched_off, connection_disabled, person_suspended, person_removed, link_cut, rules_removed],
)
def test_the_next_request_is_refused_once_it_is_over(
    issuer: Issuer, open_api: Connection, alice: User, bob: User, end: Any
) -> None:
    text = token(issuer)
    assert ask(text).status_code == 200
    end(open_api, alice, bob)
    assert ask(text).status_code == 401


def test_a_program_that_is_removed_comes_in_no_more(
    issuer: Issuer, open_api: Connection, alice: User
) -> None:
    text = token(issuer, ROBOT)
    services.remove_client(TokenClient.objects.get(), actor=alice)
    assert ask(text).status_code == 401
    assert not User.objects.get(name="Robot").is_active


def test_a_deleted_connection_ends_its_programs(open_api: Connection, alice: User) -> None:
    identity.disable(open_api, actor=alice)
    identity.delete_connection(open_api, actor=alice)
    robot = User.objects.get(name="Robot")
    assert (robot.is_active, robot.removed_at is None) == (False, False)


def test_keys_roll_over_and_strangers_cannot_make_us_ask(
    issuer: Issuer, open_api: Connection
) -> None:
    assert ask(token(issuer)).status_code == 200
    issuer.keys = {"second": new_key()}
    assert ask(issuer.signed(_claims(issuer), kid="second", typ="at+jwt")).status_code == 200
    asked = issuer.asked.count("keys")
    for number in range(20):
        forged = jwt.encode(_claims(issuer), STRANGER, "RS256", headers={"kid": f"made-up-{number}", "typ": "at+jwt"})  # fmt: skip
        assert ask(forged).status_code == 401
    assert issuer.asked.count("keys") == asked


def _claims(issuer: Issuer) -> dict[str, Any]:
    now = int(time.time())
    return {
        "iss": issuer.url, "sub": BOB, "aud": AUDIENCE, "iat": now, "exp": now + 600,
        "scope": "write",
    }  # fmt: skip


def test_a_provider_that_is_away_is_no_refusal(issuer: Issuer, open_api: Connection) -> None:
    text = token(issuer)
    issuer.description = {"jwks_uri": "http://127.0.0.1:1/jwks"}
    answer = ask(text)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert not AuditEntry.objects.filter(action="token.refused").exists()


def test_it_proves_nobody_s_presence(issuer: Issuer, open_api: Connection, bob: User) -> None:
    client = key_client(token(issuer))
    refused = client.post("/api/v1/api-keys/", {"name": "Own", "role": "viewer"})
    assert (refused.status_code, refused.json()["code"]) == (403, "token_too_little")
    assert not ApiKey.objects.exists()


def test_it_opens_no_session_directory_gateway_or_room(
    issuer: Issuer, open_api: Connection, bob: User
) -> None:
    client = key_client(token(issuer))
    assert client.get("/api/v1/session/").status_code == 401
    assert client.get("/scim/v2/Users").status_code == 401
    assert client.get("/members/").status_code == 302
    workflow = create_workflow(actor=bob, name="Draft", definition=greeting())
    ticket = client.post(f"/api/v1/workflows/{workflow.pk}/ticket/")
    assert (ticket.status_code, ticket.json()["code"]) == (403, "token_too_little")


def test_each_workspace_has_its_own_connections(
    issuer: Issuer, open_api: Connection, beta: Tenant, mallory: User
) -> None:
    """The same company's provider in two workspaces: a token is for the API of one."""
    with tenant_context(beta):
        theirs = identity.create_connection(vendor="okta", name="Same", actor=mallory)
        changes = {"issuer": issuer.url, "client_id": "theirs"}
        identity.change_settings(theirs, changes, actor=mallory)
        Connection.objects.filter(pk=theirs.pk).update(status=Connection.Status.ACTIVE)
        theirs.refresh_from_db()
        Link.objects.create(connection=theirs, subject=BOB, user=mallory)
        accept(theirs, mallory, audiences=["https://beta.example/api"])
    ours = token(issuer)
    assert ask(ours).status_code == 200
    assert ask(ours, tenant="beta").status_code == 401
    with tenant_context(beta):
        assert why() == "audience"
    assert ask(token(issuer, aud="https://beta.example/api")).status_code == 401


def test_where_nobody_accepts_tokens_nothing_is_looked_at(
    issuer: Issuer, okta: Connection, alice: User
) -> None:
    assert ask(token(issuer)).status_code == 401
    assert ask("a.b.c").json()["code"] == "unauthenticated"
    assert issuer.asked == []
    assert not AuditEntry.objects.filter(action="token.refused").exists()


def test_strangers_fill_neither_the_trail_nor_the_processor(
    issuer: Issuer, open_api: Connection
) -> None:
    client = APIClient(HTTP_HOST="alpha.localhost", HTTP_AUTHORIZATION="Bearer no.token.here")
    with time_machine.travel(timezone.now().replace(second=1), tick=False):
        codes = [client.get(ME).status_code for _ in range(125)]
    assert codes[:120] == [401] * 120
    assert codes[120:] == [429] * 5
    assert AuditEntry.objects.filter(action="token.refused").count() == 120


def test_what_is_said_with_an_idempotency_key_is_the_subject_s(
    issuer: Issuer, open_api: Connection
) -> None:
    body = {"name": "Once", "definition": greeting()}
    first, other = token(issuer), token(issuer, ROBOT)
    headers = {"Idempotency-Key": "k1"}
    made = key_client(first).post("/api/v1/workflows/", body, format="json", headers=headers)
    again = key_client(token(issuer, jti="2")).post("/api/v1/workflows/", body, format="json", headers=headers)  # fmt: skip
    assert made.json()["id"] == again.json()["id"]
    refused = key_client(other).post("/api/v1/workflows/", body, format="json", headers=headers)
    assert refused.status_code == 403


def test_settings_that_would_let_others_in_are_refused(okta: Connection, alice: User) -> None:
    adam = member("Adam", "admin")  # who sees connections and changes none
    for changes, field in (
        ({"audiences": [CLIENT_ID]}, "audiences"),
        ({"is_on": True, "audiences": []}, "audiences"),
        ({"longest": timedelta(days=2)}, "longest"),
        ({"claim": " "}, "claim"),
    ):
        with pytest.raises(Invalid) as caught:
            services.change(okta, changes, actor=alice)
        assert caught.value.errors[0]["field"] == field
    with pytest.raises(Forbidden):
        services.change(okta, {"cap": "owner"}, actor=alice)
    with pytest.raises(Forbidden):
        services.set_rule(okta, value="all", role="admin", actor=alice)
    with pytest.raises(Forbidden):
        services.change(okta, {"is_on": False}, actor=adam)
    services.change(okta, {"cap": "builder"}, actor=alice)
    services.set_rule(okta, value="write", role="builder", actor=alice)
    with pytest.raises(Invalid):
        services.change(okta, {"cap": "viewer"}, actor=alice)


def test_a_subject_is_a_person_or_a_program(open_api: Connection, alice: User) -> None:
    for subject in (BOB, ROBOT):
        with pytest.raises(services.SubjectTaken):
            services.add_client(
                open_api, name="Two", subject=subject, client_id="x", role="viewer", actor=alice
            )


def test_a_saml_provider_gives_none(alice: User) -> None:
    made = identity.create_connection(vendor="okta", name="Saml", protocol="saml", actor=alice)
    with pytest.raises(services.OnlyOpenId):
        services.change(made, {"is_on": True, "audiences": [AUDIENCE]}, actor=alice)
    assert browser(alice).get(f"/single-sign-on/{made.pk}/api/").status_code == 404


def test_the_page_sets_it_up(okta: Connection, alice: User) -> None:
    page, base = browser(alice), f"/single-sign-on/{okta.pk}/api/"
    form = {"is_on": "on", "audiences": AUDIENCE, "claim": "scope", "longest": "3600", "cap": "builder"}  # fmt: skip
    assert page.post(f"{base}change/", form | {"audiences": ""}).status_code == 422
    assert page.post(f"{base}change/", form).status_code == 302
    assert page.post(f"{base}rules/", {"value": "x", "role": "admin"}).status_code == 422
    assert page.post(f"{base}rules/", {"value": "write", "role": "builder"}).status_code == 302
    program = {"name": "Robot", "subject": ROBOT, "client_id": ROBOT, "role": "viewer"}
    assert page.post(f"{base}programs/", program).status_code == 302
    shown = page.get(base).content.decode()
    assert "Accepted" in shown
    assert ROBOT in shown
    assert "Robot" in page.get("/api-keys/").content.decode()
    access = services.access_of(okta)
    assert not access.typed_only
    for kind, row in (("rules", access.rules.get()), ("programs", access.clients.get())):
        page.post(f"{base}{kind}/{row.pk}/remove/")
    assert not access.rules.exists()
    assert not access.clients.exists()


def test_a_token_is_tried_without_letting_anybody_in(
    issuer: Issuer, open_api: Connection, alice: User, bob: User
) -> None:
    page, url = browser(alice), f"/single-sign-on/{open_api.pk}/api/try/"
    good = token(issuer)
    told = page.post(url, {"token": f"Bearer {good}"}).content.decode()
    assert "It would act as the member Bob, with the role Builder at most." in told
    assert good not in told
    late = token(issuer, exp=int(time.time()) - 60, iat=int(time.time()) - 120)
    assert "The token is too old." in page.post(url, {"token": late}).content.decode()
    unknown = page.post(url, {"token": token(issuer, "00u1new")}).content.decode()
    assert "Nobody here goes by the subject 00u1new." in unknown
    assert "Members are known after they signed in" in unknown
    assert "not a signed JSON Web Token" in page.post(url, {"token": "x"}).content.decode()
    assert not AuditEntry.objects.filter(action="token.refused").exists()
    assert browser(bob).post(url, {"token": good}).status_code == 403

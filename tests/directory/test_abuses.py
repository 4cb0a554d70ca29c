"""What a directory, or whoever has its token, must not reach: each attempt is refused, and changes nothing."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import AsyncRequestFactory, Client
from django.utils import timezone
from django.utils.http import urlencode

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.common.errors import TooLarge
from apps.directory import services
from apps.directory.models import Directory, Token
from apps.directory.scim.attributes import GROUP as GROUPS
from apps.directory.scim.endpoint import Call
from apps.directory.scim.patching import patched
from apps.identity import services as identity
from apps.identity import setup_links
from apps.identity.exceptions import SetupClosed
from apps.identity.models import Connection
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.directory.clients import PATCH, USER, ScimClient, client_of, refused, state
from tests.factories.browsers import browser
from tests.factories.costs import cheap
from tests.factories.issuer import proved

pytestmark = pytest.mark.django_db
PEOPLE = "Users"

FILTERS = [
    'userName eq "' + "x" * 2000 + '"',
    "(" * 40 + 'userName eq "x"' + ")" * 40,
    " or ".join('userName eq "x"' for _ in range(40)),
    'userName eq "x',
    "userName eq",
    "userName like x",
    'userName eq "x" and',
    'userName eq "x") or (active eq true',
    'password sw "argon2"',
    'user__password sw "argon2"',
    'directory__tokens__secret_hash sw "a"',
    'document__active eq "x"',
    "userName eq {}",
    "userName eq 1 or 1 eq 1",
    "userName eq 'x'; DROP TABLE accounts_user",
    'meta.created gt "yesterday"',
    'active gt "x"',
    'emails[value eq "x"',
    'urn:ietf:params:scim:schemas:core:2.0:User:is_staff eq "x"',
    r'userName eq "a\u0000b"',
    r'userName eq "\ud800"',
    "emails[type eq NaN]",
    "emails.type eq 1e999",
    'meta.created gt "9999-12-31T23:59:59-23:00"',
    'meta.created gt "0001-01-01T00:00:00+23:00"',
]


@pytest.mark.parametrize("text", FILTERS, ids=lambda text: text[:30])
def test_filters_that_are_none(scim: ScimClient, person: str, text: str) -> None:
    before = state()
    assert refused(scim.get(f"/Users?{urlencode({'filter': text})}"), 400, "invalidFilter")
    assert state() == before


BODIES: dict[str, tuple[str, bytes, str | None]] = {
    "deep": ("/Users", b'{"userName":' + b"[" * 5000 + b"]" * 5000 + b"}", "invalidSyntax"),
    "nested": ("/Users", b'{"name":' * 80 + b"1" + b"}" * 80, "invalidSyntax"),
    "no json": ("/Users", b"<user/>", "invalidSyntax"),
    "not utf-8": ("/Users", b'{"userName":"\xff"}', "invalidSyntax"),
    "nul": ("/Users", b'{"userName":"a\\u0000@halden.example"}', "invalidSyntax"),
    "half a pair": ("/Users", b'{"userName":"\\ud800@halden.example"}', "invalidSyntax"),
    "twice": ("/Users", b'{"userName":"a@halden.example","userName":"b@halden.example"}', "invalidSyntax"),
    "infinite": ("/Users", b'{"userName":"a@halden.example","active":NaN}', "invalidSyntax"),
    "a list": ("/Users", b"[]", "invalidSyntax"),
    "nobody": ("/Users", b"{}", "invalidValue"),
    "a number": ("/Users", b'{"userName":7}', "invalidValue"),
    "no address": ("/Users", b'{"userName":"priya"}', "invalidValue"),
    "long": ("/Users", b'{"userName":"' + b"a" * 400 + b'@halden.example"}', "invalidValue"),
    "no truth": ("/Users", b'{"userName":"a@halden.example","active":"perhaps"}', "invalidValue"),
    "outside": ("/Users", b'{"userName":"a@elsewhere.example"}', "invalidValue"),
    "below": ("/Users", b'{"userName":"a@sub.halden.example"}', "invalidValue"),
    "look-alike": ("/Users", '{"userName":"a@h\u0430lden.example"}'.encode(), "invalidValue"),
    "two signs": ("/Users", b'{"userName":"a@evil.example@halden.example"}', "invalidValue"),
    "line break": ("/Users", b'{"userName":"a\\r\\nBcc: x@halden.example"}', "invalidValue"),
    "outside by mail": ("/Users", b'{"userName":"a@halden.example","emails":[{"value":"a@elsewhere.example","primary":true}]}', "invalidValue"),
    "group of nobody": ("/Groups", b'{"displayName":"x","members":[{"value":"nobody"}]}', "invalidValue"),
    "group of groups": ("/Groups", b'{"displayName":"x","members":[{"value":"x","type":"Group"}]}', "invalidValue"),
    "group without name": ("/Groups", b'{"members":[]}', "invalidValue"),
}  # fmt: skip


@pytest.mark.parametrize("name", BODIES)
def test_bodies_that_are_none(scim: ScimClient, name: str) -> None:
    path, body, kind = BODIES[name]
    before = state()
    assert refused(scim("POST", path, body), 400, kind)
    assert state() == before


def test_none_of_them_costs_more_than_its_budget(scim: ScimClient, person: str) -> None:
    scim.get("/Users")  # what only the first one reads
    for name, (path, body, _) in BODIES.items():
        with cheap(name):
            scim("POST", path, body)
    for name, (operations, _) in OPERATIONS.items():
        with cheap(name):
            scim("PATCH", f"/Users/{person}", {"schemas": [PATCH], "Operations": operations})


def test_a_body_that_is_too_large(scim: ScimClient) -> None:
    body = json.dumps({"userName": "a@halden.example", "title": "x" * (1 << 20)}).encode()
    assert refused(scim("POST", "/Users", body), 413)


OPERATIONS: dict[str, tuple[Any, str]] = {
    "no list": ("x", "invalidSyntax"),
    "none": ([], "invalidSyntax"),
    "too many": ([{"op": "add", "path": "title", "value": "x"}] * 1001, "invalidSyntax"),
    "no operation": ([{"op": "move", "path": "title"}], "invalidSyntax"),
    "all of it": ([{"op": "remove"}], "noTarget"),
    "its id": ([{"op": "replace", "path": "id", "value": "x"}], "mutability"),
    "its meta": ([{"op": "replace", "path": "meta", "value": {}}], "mutability"),
    "its groups": ([{"op": "add", "path": "groups", "value": [{"value": "x"}]}], "mutability"),
    "a password": ([{"op": "replace", "path": "password", "value": "x"}], "invalidPath"),
    "roles": ([{"op": "add", "path": "roles", "value": [{"value": "owner"}]}], "invalidPath"),
    "a column": ([{"op": "replace", "path": "is_superuser", "value": True}], "invalidPath"),
    "a relation": ([{"op": "replace", "path": "user__is_staff", "value": True}], "invalidPath"),
    "a dunder": ([{"op": "replace", "path": "__class__", "value": "x"}], "invalidPath"),
    "another schema": ([{"op": "add", "path": "urn:evil:User:role", "value": "owner"}], "invalidPath"),
    "a long path": ([{"op": "add", "path": "a" * 501, "value": "x"}], "invalidPath"),
    "a broken path": ([{"op": "add", "path": "emails[type eq", "value": "x"}], "invalidPath"),
    "its name away": ([{"op": "remove", "path": "userName"}], "invalidValue"),
    "an address outside": ([{"op": "replace", "path": "emails", "value": [{"value": "a@elsewhere.example"}]}], "invalidValue"),
    "what is not there": ([{"op": "add", "path": 'emails[type co "w"].value', "value": "a@halden.example"}], "noTarget"),
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
def test_operations_that_are_none(scim: ScimClient, person: str, name: str) -> None:
    operations, kind = OPERATIONS[name]
    before = state()
    body = {"schemas": [PATCH], "Operations": operations}
    assert refused(scim("PATCH", f"/Users/{person}", body), 400, kind)
    assert state() == before


def test_a_password_a_role_and_a_flag_in_a_person_mean_nothing(scim: ScimClient) -> None:
    told = scim.add(
        "mass@halden.example", password="hunter2hunter2", roles=[{"value": "owner", "primary": True}],
        entitlements=["*"], is_staff=True, is_superuser=True, kind="service", id=str(uuid4()),
        groups=[{"value": "x"}], session_epoch=9,
    )  # fmt: skip
    user = User.objects.get(email="mass@halden.example")
    assert not any((user.is_staff, user.is_superuser, user.has_usable_password()))
    assert (user.kind, user.session_epoch, user.role and user.role.name) == ("human", 0, "viewer")
    assert not {"password", "roles", "entitlements", "is_staff", "groups"} & set(told)


@pytest.mark.parametrize("verb", ["GET", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("whose", ["member", "other directory", "other workspace", "nobody"])
def test_ids_of_others(
    scim: ScimClient, alice: User, beta: Tenant, mallory: User, verb: str, whose: str
) -> None:
    """An id of ours is none that a directory knows; one of another directory's opens nothing."""
    ids: dict[str, Callable[[], Any]] = {
        "member": lambda: alice.pk, "other directory": lambda: other_directory(alice)[1],
        "other workspace": lambda: elsewhere(beta, mallory), "nobody": uuid4,
    }  # fmt: skip
    wanted = ids[whose]()
    before = state()
    body: Any = {"schemas": [USER], "userName": "x@halden.example"}
    if verb == "PATCH":
        body = {"Operations": [{"op": "replace", "path": "active", "value": False}]}
    assert refused(scim(verb, f"/Users/{wanted}", None if verb == "GET" else body), 404)
    assert state() == before


def other_directory(alice: User) -> tuple[ScimClient, str]:
    """Return another directory of the same workspace, and somebody whom it keeps."""
    made = identity.create_connection(vendor="entra", name="Entra", actor=alice)
    proved(made, alice, "portside.example")
    services.switch(made, on=True, actor=alice)
    client = client_of(Directory.objects.get(connection=made), alice)
    return client, client.add("kofi@portside.example")["id"]


def elsewhere(beta: Tenant, mallory: User) -> str:
    """Return somebody whom a directory of another workspace keeps."""
    with tenant_context(beta):
        made = identity.create_connection(vendor="okta", name="Okta", actor=mallory)
        proved(made, mallory, "halden.example")
        services.switch(made, on=True, actor=mallory)
        client = client_of(Directory.objects.get(), mallory)
        client = ScimClient(client.token, tenant="beta")
        found: str = client.add("theirs@halden.example")["id"]
    return found


def test_members_of_others_get_into_no_group(
    scim: ScimClient, alice: User, beta: Tenant, mallory: User, group: str
) -> None:
    for wanted in (alice.pk, other_directory(alice)[1], elsewhere(beta, mallory), uuid4()):
        operation = {"op": "add", "path": "members", "value": [{"value": str(wanted)}]}
        before = state()
        assert refused(scim.patch(f"/Groups/{group}", operation), 400, "invalidValue")
        assert state() == before


def test_addresses_of_another_directory(scim: ScimClient, alice: User, person: str) -> None:
    other = other_directory(alice)[0]
    body = {"schemas": [USER], "userName": "priya@halden.example"}
    assert refused(other("POST", "/Users", body), 400, "invalidValue")
    assert refused(scim("POST", "/Users", body | {"userName": "kofi@portside.example"}), 400, "invalidValue")  # fmt: skip


def test_tokens_of_others(scim: ScimClient, alice: User, beta: Tenant, mallory: User) -> None:
    elsewhere(beta, mallory)
    with tenant_context(beta):
        theirs = services.make_token(Connection.objects.get(), life=timedelta(days=1), actor=mallory)[1]  # fmt: skip
    key = create_api_key(name="key", role="owner", user=alice, actor=alice)[1]
    wrong = [theirs, key, "", "scim_", scim.token[:-1], scim.token[:-1] + "A" * 2, "scim_aaaaaaaa_" + "a" * 43, "null"]  # fmt: skip
    for text in wrong:
        assert refused(ScimClient(text).get("/Users"), 401)
    answer = ScimClient("x").get("/Users")
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert refused(ScimClient(scim.token, tenant="beta").get("/Users"), 401)


def test_a_session_is_no_token_and_a_token_no_key(scim: ScimClient, alice: User) -> None:
    assert browser(alice).get("/scim/v2/Users").status_code == 401
    bearer = {"Authorization": f"Bearer {scim.token}"}
    client = Client(HTTP_HOST="alpha.localhost")
    assert client.get("/api/v1/members/", headers=bearer).status_code == 401
    assert client.get("/members/", headers=bearer).status_code == 302
    basic = {"Authorization": f"Basic {scim.token}"}
    assert refused(scim.get("/Users", **basic), 401)


def test_tokens_that_are_over(scim: ScimClient, directory: Directory, alice: User) -> None:
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired" in refused(scim.get("/Users"), 401)
    assert "expired" in directory.exchanges.get().words
    Token.objects.update(expires_at=timezone.now() + timedelta(days=1))
    services.revoke_token(Token.objects.get(), actor=alice)
    assert "revoked" in refused(scim.get("/Users"), 401)


def test_a_directory_that_is_off_changes_nothing(
    scim: ScimClient, connection: Connection, alice: User, person: str
) -> None:
    services.switch(connection, on=False, actor=alice)
    before = state()
    for verb, path in (("POST", "/Users"), ("PUT", f"/Users/{person}"), ("PATCH", f"/Users/{person}"), ("DELETE", f"/Users/{person}"), ("POST", "/Groups")):  # fmt: skip
        assert "owner" in refused(scim(verb, path, {}), 403)
    assert scim.get("/Users").status_code == 200
    assert state() == before


def test_somebodys_address_is_not_given_to_another(scim: ScimClient, person: str) -> None:
    other = scim.add("other@halden.example")["id"]
    before = state()
    for path, value in (("userName", "PRIYA@halden.example"), ("emails", [{"value": "priya@halden.example"}])):  # fmt: skip
        operation = {"op": "replace", "path": path, "value": value}
        assert refused(scim.patch(f"/Users/{other}", operation), 409, "uniqueness")
    assert state() == before


@pytest.mark.parametrize(
    "query", ["count=x", "startIndex=1e9", "count=99999999999999", "startIndex=٣"]
)
def test_pieces_that_are_none(scim: ScimClient, query: str) -> None:
    assert refused(scim.get(f"/Users?{query}"), 400, "invalidValue")


def test_lists_are_sorted_by_what_may_be_sorted(scim: ScimClient) -> None:
    for name in ("user__password", "password", "document", "-pk", "?"):
        assert refused(scim.get(f"/Users?{urlencode({'sortBy': name})}"), 400, "invalidPath")
    assert refused(scim.get("/Users?attributes=" + ",".join(["a"] * 60)), 400, "invalidPath")


@pytest.mark.parametrize("path", ["/Bulk", "/Me", f"/{PEOPLE}/1", f"/{PEOPLE}/../../admin", "/Schemas/x", "/ResourceTypes/Token"])  # fmt: skip
def test_what_there_is_not(scim: ScimClient, path: str) -> None:
    assert scim.get(path).status_code == 404


def test_a_set_up_link_makes_no_token_that_counts(
    directory: Directory, connection: Connection, alice: User
) -> None:
    link, token = setup_links.create(connection, actor=alice)
    with pytest.raises(SetupClosed):
        services.make_token(connection, life=timedelta(days=1), actor=link)  # not opened
    setup_links.open_once(token)
    link.refresh_from_db()
    with pytest.raises(SetupClosed, match="switched on"):
        services.make_token(connection, life=timedelta(days=1), actor=link)
    services.switch(connection, on=False, actor=alice)
    assert services.make_token(connection, life=timedelta(days=1), actor=link)
    other = identity.create_connection(vendor="okta", name="Other", actor=alice)
    with pytest.raises(SetupClosed):
        services.make_token(other, life=timedelta(days=1), actor=link)


def test_a_body_that_does_not_say_how_long_it_is_is_read_no_further_than_allowed(
    directory: Directory,
) -> None:
    body = b'{"userName": "' + b"a" * (1 << 20) + b'"}'
    request = AsyncRequestFactory().post("/Users", body, content_type="application/scim+json")
    del request.META["CONTENT_LENGTH"]  # sent in pieces
    with pytest.raises(TooLarge):
        Call(request, Token(directory=directory)).body()


COSTLY = {
    "long filters": [{"op": "remove", "path": " or ".join(['members[value eq "z"'] + ['value eq "z"'] * 24) + "]"}] * 1000,
    "many names": [{"op": "replace", "value": {f'members[value eq "z{number}"].type': "User" for number in range(20_000)}}],
}  # fmt: skip


@pytest.mark.parametrize("operations", COSTLY.values(), ids=COSTLY)
def test_operations_that_would_cost_minutes_are_refused(operations: list[Any]) -> None:
    people = [{"value": str(uuid4())} for _ in range(500)]
    with pytest.raises(TooLarge):
        patched({"displayName": "All", "members": people}, {"Operations": operations}, GROUPS)

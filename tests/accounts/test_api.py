"""Members, keys and the base of every API view."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.accounts import keys, services
from apps.accounts.models import ApiKey, User
from apps.common.ids import uuid7
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.cast import api_client, key_client, member


def new_key(user: User, role: str = "viewer") -> str:
    return services.create_api_key(name="k", role=role, user=user, actor=user)[1]


def test_me_tells_role_and_permissions(bob: User) -> None:
    answer = api_client(bob).get("/api/v1/me/").json()
    assert (answer["email"], answer["role"]) == (bob.email, "builder")
    assert "workflow.edit" in answer["permissions"]


def test_strangers_get_a_problem(alpha: Tenant) -> None:
    answer = key_client("nonsense").get("/api/v1/me/")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"


def test_key_works_on_its_host_and_on_localhost(alice: User) -> None:
    text = new_key(alice)
    assert key_client(text).get("/api/v1/me/").status_code == 200
    assert key_client(text, host="127.0.0.1:8000").get("/api/v1/me/").json()["email"] == alice.email
    assert key_client(text, host="beta.localhost").get("/api/v1/me/").status_code == 401


def test_key_does_not_choose_the_tenant_in_production(alice: User, settings: Settings) -> None:
    text = new_key(alice)
    settings.PRODUCTION = True
    assert key_client(text, host="127.0.0.1").get("/api/v1/me/").status_code == 404


def bad_keys(alice: User, mallory: User, beta: Tenant) -> dict[str, str]:
    good = new_key(alice)
    revoked = ApiKey.objects.get(key_id=keys.split(new_key(alice))[0])
    services.revoke_api_key(revoked, actor=alice)
    _, expired_text = services.create_api_key(
        name="old", role="viewer", user=alice, actor=alice, expires_at=timezone.now() - timedelta(1)
    )
    with tenant_context(beta):
        foreign = new_key(mallory)
    return {
        "empty": "",
        "unknown": "aut_aaaaaaaa_" + "a" * 43,
        "right id, wrong secret": good[:13] + "b" * 43,
        "truncated": good[:-1],
        "foreign": foreign,
        "expired": expired_text,
        "null": "None",
    }


def test_bad_keys_are_all_the_same(alice: User, mallory: User, beta: Tenant) -> None:
    """One query and one hash whatever the key: time tells nothing."""
    counts = {}
    key_client("").get("/api/v1/me/")  # the host itself is looked up once
    for name, text in bad_keys(alice, mallory, beta).items():
        cache.clear()  # each is the first of its sender, and written down
        with CaptureQueriesContext(connection) as queries:
            answer = key_client(text).get("/api/v1/me/")
        counts[name] = len(queries)
        assert answer.status_code == 401, name
    assert len(set(counts.values())) == 1, counts


def test_the_list_of_members_asks_the_same_however_many_there_are(alice: User) -> None:
    client, counts = api_client(alice), []
    for name in ("Ana", "Ben", "Cem"):
        member(name, "viewer")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/api/v1/members/").status_code == 200
        counts.append(len(queries))
    assert counts[1] == counts[2], counts


def test_suspended_user_is_out_at_once(alice: User, bob: User) -> None:
    text = new_key(bob)
    client = api_client(bob)
    services.set_active(bob, active=False, actor=alice)
    assert key_client(text).get("/api/v1/me/").status_code == 401
    assert client.get("/api/v1/me/").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "builder", "owner"),
    [
        ("get", "/api/v1/members/", 200, 200),
        ("get", "/api/v1/roles/", 200, 200),
        ("get", "/api/v1/api-keys/", 200, 200),
        ("get", "/api/v1/invitations/", 403, 200),
        ("post", "/api/v1/invitations/", 403, 422),
        ("post", "/api/v1/api-keys/", 422, 422),
        ("post", "/api/v1/members/", 403, 403),
    ],
)
def test_who_may(alice: User, bob: User, method: str, path: str, builder: int, owner: int) -> None:
    for user, expected in ((bob, builder), (alice, owner)):
        assert getattr(api_client(user), method)(path, {}).status_code == expected


def test_member_role_by_api(alice: User, bob: User, vera: User) -> None:
    path = f"/api/v1/members/{vera.pk}/"
    assert api_client(bob).patch(path, {"role": "admin"}).status_code == 403
    answer = api_client(alice).patch(path, {"role": "operator"})
    assert answer.json()["role"] == "operator"
    assert api_client(alice).patch(path, {"role": "emperor"}).status_code == 422
    assert api_client(alice).delete(path).status_code == 204
    assert api_client(alice).get(path).status_code == 404


def test_foreign_member_is_not_there(alice: User, mallory: User) -> None:
    assert api_client(alice).get(f"/api/v1/members/{mallory.pk}/").status_code == 404
    assert api_client(alice).get("/api/v1/members/not-a-uuid/").status_code == 404


def test_idempotency_key_gives_the_first_answer(alice: User) -> None:
    client = api_client(alice)
    headers = {"Idempotency-Key": str(uuid7())}
    body = {"email": "x@y.example", "role": "viewer"}
    first = client.post("/api/v1/invitations/", body, headers=headers)
    again = client.post("/api/v1/invitations/", body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert again["Idempotency-Replayed"] == "true"
    other = client.post("/api/v1/invitations/", {**body, "role": "admin"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")


def test_idempotency_key_never_stores_a_secret(alice: User) -> None:
    client = api_client(alice)
    headers = {"Idempotency-Key": str(uuid7())}
    body = {"name": "k", "role": "viewer"}
    assert client.post("/api/v1/api-keys/", body, headers=headers).json()["key"].startswith("aut_")
    again = client.post("/api/v1/api-keys/", body, headers=headers)
    assert (again.status_code, again.json()["code"]) == (409, "secret_shown_once")


def test_rate_limit_says_when_to_come_back(alice: User, settings: Settings) -> None:
    settings.API_CALLS_PER_MINUTE = 2
    client = key_client(new_key(alice))
    answers = [client.get("/api/v1/me/") for _ in range(4)]
    assert 429 in {answer.status_code for answer in answers}
    assert int(answers[-1]["Retry-After"]) >= 1
    assert answers[0]["X-RateLimit-Limit"] == "2"


def test_bad_json_is_a_clear_400(alice: User) -> None:
    answer = api_client(alice).generic(
        "POST", "/api/v1/invitations/", "{", content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_json")
    answer = api_client(alice).generic(
        "POST", "/api/v1/invitations/", "a=1", content_type="text/plain"
    )
    assert answer.status_code == 415


def test_idempotency_key_beside_a_session_with_its_csrf_token(alice: User) -> None:
    client = APIClient(enforce_csrf_checks=True, HTTP_HOST="alpha.localhost")
    client.force_login(alice)
    client.get("/profile/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    body = {"email": "new@x.example", "role": "viewer"}
    headers = {"idempotency-key": "one", "x-csrftoken": token}
    answers = [client.post("/api/v1/invitations/", body, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert client.post("/api/v1/invitations/", body).status_code == 403


def test_a_failure_of_ours_frees_the_idempotency_key(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, body = api_client(alice), {"email": "new@x.example", "role": "viewer"}
    client.raise_request_exception = False
    with monkeypatch.context() as broken:
        broken.setattr(services, "invite_member", lambda **given: 1 / 0)
        answer = client.post("/api/v1/invitations/", body, headers={"idempotency-key": "one"})
    assert answer.status_code == 500
    answer = client.post("/api/v1/invitations/", body, headers={"idempotency-key": "one"})
    assert answer.status_code == 201

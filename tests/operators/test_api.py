"""The platform API: workspaces are made, found, limited, suspended and resumed by programs."""

import json
import re

import pytest
from django.core import mail

from apps.accounts.models import User
from apps.accounts.services import accept_invitation
from apps.audit.models import AuditEntry
from apps.dispatch.models import TenantLoad
from apps.operators.scopes import CREATE, DELETE, LIMIT, READ, SCOPES, SUSPEND
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import drop_tenant
from tests.factories.operators import platform_client
from tests.isolation.probe import JSON

LIST = "/api/v1/tenants/"
ALPHA = f"{LIST}alpha/"
NEW = {"slug": "gamma-works", "name": "Gamma Works", "owner_email": "Grace@Gamma.example"}
REASON = {"reason": "The bill is open."}


def trail(action: str, tenant: Tenant) -> AuditEntry:
    """Return the workspace's own entry, after checking the platform's."""
    with public_scope():
        ours = AuditEntry.objects.get(action=action)
        assert ours.actor_type == "user"
        assert ours.via.startswith("Deploy (aup_")
    with tenant_context(tenant):
        theirs = AuditEntry.objects.get(action=action)
    assert theirs.actor_label == "Platform staff (sven@auterity.example)"
    assert theirs.via == ours.via
    return theirs


@pytest.mark.django_db(transaction=True)
def test_a_workspace_is_made_once_and_its_owner_invited(public: None) -> None:
    client = platform_client()
    head = {"Idempotency-Key": "one"}
    answer = client.post(LIST, NEW, headers=head)
    try:
        assert answer.status_code == 201
        assert answer.json()["address"].startswith("http://gamma-works.localhost")
        again = client.post(LIST, NEW, headers=head)
        assert (again.status_code, again.json()) == (201, answer.json())
        assert again["Idempotency-Replayed"] == "true"
        assert client.post(LIST, NEW).json()["code"] == "slug_taken"
        tenant = Tenant.objects.get(slug="gamma-works")
        trail("workspace.created", tenant)
        assert [letter.to for letter in mail.outbox] == [["grace@gamma.example"]]
        first = _token(str(mail.outbox[0].body))
        sent = client.post(f"{LIST}gamma-works/owner/", {"email": "grace@gamma.example"})
        assert sent.status_code == 204
        with tenant_context(tenant):
            with pytest.raises(Exception, match="invitation"):
                accept_invitation(first, name="Grace", password="correct horse 7")
            token = _token(str(mail.outbox[1].body))
            owner = accept_invitation(token, name="Grace", password="correct horse 7")
            assert owner.role is not None
            assert owner.role.name == "owner"
        owned = client.post(f"{LIST}gamma-works/owner/", {"email": "mallory@beta.example"})
        assert (owned.status_code, owned.json()["code"]) == (409, "already_owned")
    finally:
        drop_tenant(Tenant.objects.get(slug="gamma-works"))


def _token(text: str) -> str:
    found = re.search(r"http://gamma-works\.localhost(?::\d+)?/invitations/([^/]+)/", text)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"slug": "www"}, "slug"),
        ({"slug": "Gamma"}, "slug"),
        ({"slug": "x' OR 1=1"}, "slug"),
        ({"owner_email": "nobody"}, "owner_email"),
        ({"name": ""}, "name"),
    ],
)
def test_bad_input_is_blamed_on_its_field(
    public: None, changed: dict[str, str], field: str
) -> None:
    answer = platform_client().post(LIST, NEW | changed)
    assert answer.status_code == 422
    assert answer["Content-Type"] == "application/problem+json"
    assert {each["field"] for each in answer.json()["errors"]} == {field}
    assert Tenant.objects.count() == 2
    assert mail.outbox == []


def test_workspaces_are_listed_searched_and_paged(alpha: Tenant, beta: Tenant) -> None:
    client = platform_client(READ)

    def slugs(query: str) -> list[str]:
        return [each["slug"] for each in client.get(LIST + query).json()["results"]]

    assert sorted(slugs("")) == ["alpha", "beta"]
    assert slugs("?q=LPH") == ["alpha"]
    assert slugs("?status=suspended") == []
    assert slugs("?status=active&q=bet") == ["beta"]
    first = client.get(f"{LIST}?page_size=1").json()
    second = client.get(first["next"].replace("http://admin.localhost", "")).json()
    assert {first["results"][0]["slug"], second["results"][0]["slug"]} == {"alpha", "beta"}
    assert client.get(f"{LIST}?cursor=nonsense").status_code == 404


def test_one_is_read_with_what_it_uses_and_may(alice: User, bob: User) -> None:
    told = platform_client(READ).get(ALPHA).json()
    assert (told["usage"]["people"], told["usage"]["runs"]) == (2, 0)
    assert told["limits"] == {
        "max_running": None, "max_queued": None, "max_outside": None, "weight": 1
    }  # fmt: skip
    assert told["load"]["max_running"] > 0
    assert "alice" not in str(told).lower()
    assert platform_client(READ).get(f"{LIST}nowhere/").status_code == 404


def test_limits_are_changed_one_by_one(alpha: Tenant) -> None:
    client = platform_client(LIMIT)
    answer = client.patch(f"{ALPHA}limits/", {"max_running": 2})
    assert answer.json()["load"]["max_running"] == 2
    assert client.patch(f"{ALPHA}limits/", {"weight": 3}).status_code == 200
    with public_scope():
        load = TenantLoad.objects.get(role=alpha.role_name)
        assert (load.max_running, load.weight, load.max_queued) == (2, 3, None)
    for bad in ({"weight": 0}, {"max_running": -1}, {"max_outside": 0}, {"max_queued": "many"}):
        assert client.patch(f"{ALPHA}limits/", bad).status_code == 422, bad
    client.patch(f"{ALPHA}limits/", {"max_running": None})
    with public_scope():
        load.refresh_from_db()
        assert load.max_running is None
        assert AuditEntry.objects.filter(action="dispatch.quotas_changed").count() == 3


def test_suspending_and_resuming_tell_why_and_may_be_repeated(alpha: Tenant) -> None:
    client = platform_client(SUSPEND)
    for verb, status, action in (
        ("suspend", "suspended", "workspace.suspended"),
        ("resume", "active", "workspace.resumed"),
    ):
        for _ in range(2):
            answer = client.post(f"{ALPHA}{verb}/", REASON)
            assert (answer.status_code, answer.json()["status"]) == (200, status)
        assert trail(action, alpha).after == REASON
    assert client.post(f"{ALPHA}suspend/", {}).status_code == 422


ONE = "/api/v1/deletions/01920000-0000-7000-8000-000000000000/"
ENDS = {"slug": "alpha", "reason": "mine"}
ASKED: dict[str, tuple[str, str, object, str]] = {
    "list": ("GET", LIST, None, READ),
    "read": ("GET", ALPHA, None, READ),
    "create": ("POST", LIST, NEW, CREATE),
    "invite": ("POST", f"{ALPHA}owner/", {"email": "x@y.example"}, CREATE),
    "limit": ("PATCH", f"{ALPHA}limits/", {"weight": 9}, LIMIT),
    "suspend": ("POST", f"{ALPHA}suspend/", REASON, SUSPEND),
    "resume": ("POST", f"{ALPHA}resume/", REASON, SUSPEND),
    "end": ("POST", "/api/v1/deletions/", ENDS, DELETE),
    "keep": ("POST", f"{ONE}cancel/", None, DELETE),
    "ends": ("GET", "/api/v1/deletions/", None, READ),
    "end read": ("GET", ONE, None, READ),
    "certificate": ("GET", f"{ONE}certificate/", None, READ),
}


@pytest.mark.parametrize("what", ASKED)
def test_each_method_asks_for_its_own_scope(alpha: Tenant, what: str) -> None:
    method, path, body, scope = ASKED[what]
    others = [each for each in SCOPES if each != scope]
    answer = platform_client(*others).generic(method, path, _json(body), content_type=JSON)
    assert (answer.status_code, answer.json()["code"]) == (403, "missing_scope")
    assert scope in answer.json()["detail"]
    with public_scope():
        assert Tenant.objects.filter(status=Tenant.Status.ACTIVE).count() == 2
        assert not TenantLoad.objects.exists()


def _json(body: object) -> str:
    return json.dumps(body) if body is not None else ""


def test_methods_that_nobody_declared_are_refused(alpha: Tenant) -> None:
    for method in ("PUT", "DELETE", "PATCH"):
        assert platform_client().generic(method, ALPHA).status_code in {403, 405}, method


def test_calls_are_counted(public: None) -> None:
    answer = platform_client(READ).get(LIST)
    assert int(answer["X-RateLimit-Remaining"]) < int(answer["X-RateLimit-Limit"])


def test_the_api_describes_itself(public: None) -> None:
    told = platform_client(READ).get("/api/v1/schema/").json()
    assert told["info"]["title"] == "Auterity platform API"
    assert set(told["paths"]) == {
        "/api/v1/tenants/", "/api/v1/tenants/{slug}/", "/api/v1/tenants/{slug}/limits/",
        "/api/v1/tenants/{slug}/owner/", "/api/v1/tenants/{slug}/resume/",
        "/api/v1/tenants/{slug}/suspend/", "/api/v1/deletions/", "/api/v1/deletions/{id}/",
        "/api/v1/deletions/{id}/cancel/", "/api/v1/deletions/{id}/certificate/",
    }  # fmt: skip

"""The gateway over HTTP: the contract, its refusals, and strangers."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.ids import uuid7
from apps.gateway.models import LlmCall, Provider
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.factories.cast import api_client
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import connect

URL = "/api/v1/gateway/"


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


@pytest.fixture
def provider(alice: User, fake: FakeProvider) -> Provider:
    return connect(fake, alice)


def test_a_provider_is_connected_changed_and_removed(client: APIClient, fake: FakeProvider) -> None:
    new = {
        "kind": "openai_compatible", "name": "My server", "base_url": fake.url,
        "credential": SECRET, "default_model": "ok",
    }  # fmt: skip
    made = client.post(f"{URL}providers/", new)
    assert made.status_code == 201, made.json()
    body = made.json()
    assert (body["slug"], body["state"]) == ("my-server", "ready")
    assert body["key"]["last4"] == SECRET[-4:]
    url = f"{URL}providers/{body['id']}/"
    changed = client.patch(url, {"name": "Renamed", "status": "disabled"})
    assert (changed.json()["name"], changed.json()["state"]) == ("Renamed", "disabled")
    listed = client.get(f"{URL}providers/")
    assert [each["slug"] for each in listed.json()["results"]] == ["my-server", "built-in"]
    assert client.delete(url).status_code == 204
    assert client.get(url).status_code == 404
    assert not [each for each in (made, changed, listed) if SECRET.encode() in each.content]


def test_calls_at_a_time_are_limited_and_let_free(client: APIClient, provider: Provider) -> None:
    url = f"{URL}providers/{provider.pk}/"
    assert client.get(url).json()["max_calls"] is None
    assert client.patch(url, {"max_calls": 3}).json()["max_calls"] == 3
    assert client.patch(url, {"max_calls": 0}).status_code == 422
    assert client.patch(url, {"name": "Other"}).json()["max_calls"] == 3
    assert client.patch(url, {"max_calls": None}).json()["max_calls"] is None
    assert AuditEntry.objects.filter(action="provider.updated", after__max_calls=3).exists()


@pytest.mark.django_db(transaction=True)
def test_a_provider_is_tested_by_a_real_call(
    client: APIClient, provider: Provider, fake: FakeProvider
) -> None:
    url = f"{URL}providers/{provider.pk}/test/"
    good = client.post(url, {"model": "ok"}).json()
    assert good["ok"]
    assert "Hello from the fake" in good["message"]
    bad = client.post(url, {"model": "error-404"})
    assert (bad.status_code, bad.json()["ok"]) == (200, False)
    assert "404" in bad.json()["message"]
    assert SECRET.encode() not in bad.content
    refused = client.post(url, {"model": "error-401"}).json()
    assert "new one" in refused["hint"]
    assert client.get(f"{URL}providers/{provider.pk}/").json()["state"] == "key_refused"
    assert fake.models == ["ok", "error-404", "error-401"]
    rows = client.get(f"{URL}calls/").json()["results"]
    assert [each["error_code"] for each in rows] == ["key_refused", "provider_rejected", ""]


def test_routes_by_alias(client: APIClient, provider: Provider) -> None:
    target = {"provider": "fake", "model": "ok", "params": {"temperature": 0.2}}
    made = client.post(f"{URL}routes/", {"alias": "summaries", "targets": [target]})
    assert made.status_code == 201, made.json()
    shown = made.json()["targets"][0]
    assert (made.json()["version"], shown | target) == (1, shown)
    targets = [target, {"provider": "built-in"}]
    changed = client.patch(f"{URL}routes/summaries/", {"targets": targets})
    assert (changed.json()["version"], len(changed.json()["targets"])) == (2, 2)
    assert client.delete(f"{URL}routes/summaries/").status_code == 204
    assert client.delete(f"{URL}routes/default/").json()["code"] == "route_needed"


def test_prices_are_set_and_forgotten(client: APIClient) -> None:
    price = {"provider": "fake", "model": "ok", "input_usd": "1.5", "output_usd": "2"}
    for _ in range(2):
        made = client.post(f"{URL}prices/", price)
        assert made.status_code == 201, made.json()
    assert client.delete(f"{URL}prices/{made.json()['id']}/").status_code == 204
    assert client.post(f"{URL}prices/", {**price, "input_usd": "-1"}).status_code == 422


def test_the_ledger_is_filtered_and_summed(client: APIClient, oscar: User) -> None:
    run = uuid7()
    common: dict[str, Any] = {"request_id": "r", "input_tokens": 10, "output_tokens": 5}
    LlmCall.objects.create(
        route="default", provider="a", model="m", status="ok", cost_usd="0.5", run_id=run, **common
    )
    LlmCall.objects.create(route="fast", provider="b", model="m", status="error", **common)

    def found(**query: Any) -> list[str]:
        rows = client.get(f"{URL}calls/", query).json()["results"]
        return [each["route"] for each in rows]

    assert found() == ["fast", "default"]
    assert found(route="default") == ["default"]
    assert found(provider="b") == ["fast"]
    assert found(status="ok") == ["default"]
    assert found(run=str(run)) == ["default"]
    assert found(since="2100-01-01") == []
    for bad in ({"status": "x"}, {"run": "x"}, {"since": "x"}, {"until": "0001-01-01"}):
        assert client.get(f"{URL}calls/", bad).status_code in (200, 422)
    usage = api_client(oscar).get("/api/v1/usage/").json()
    assert (usage["total"]["calls"], usage["total"]["failed"]) == (2, 1)
    assert usage["total"]["cost_usd"] == "0.5000000000"
    assert [each["route"] for each in usage["by_route"]] == ["default", "fast"]
    assert usage["by_provider"][0]["provider"] == "a"
    assert usage["by_day"][0]["input_tokens"] == 20
    for wrong in ({"since": "nonsense"}, {"since": "2100-01-01"}, {"since": "2001-01-01"}):
        assert client.get("/api/v1/usage/", wrong).status_code == 422


BAD: list[Any] = [
    [], {}, {"kind": "openai_compatible"}, {"kind": "builtin", "name": "x"},
    {"kind": "openai_compatible", "name": "x", "base_url": "http://169.254.169.254/"},
    {"kind": "openai_compatible", "name": "x", "base_url": "https://ai.example", "credential": "a b"},
    {"kind": "openai_compatible", "name": "x", "base_url": 5, "capabilities": "json"},
    {"kind": "litellm", "name": "x", "litellm_provider": "vertex_ai"},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_bad_providers_are_refused_with_the_field(client: APIClient, body: Any) -> None:
    answer = client.post(f"{URL}providers/", body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["errors"]


def test_members_may_look_and_only_admins_change(vera: User, bob: User, provider: Provider) -> None:
    one = f"{URL}providers/{provider.pk}/"
    for user in (vera, bob):
        client = api_client(user)
        for url in (f"{URL}providers/", one, f"{URL}routes/", f"{URL}calls/", "/api/v1/usage/"):
            assert client.get(url).status_code == 200, url
        for method, url in (
            ("post", f"{URL}providers/"), ("patch", one), ("delete", one), ("post", f"{one}test/"),
            ("post", f"{URL}routes/"), ("patch", f"{URL}routes/fast/"),
            ("delete", f"{URL}routes/fast/"), ("post", f"{URL}prices/"),
        ):  # fmt: skip
            assert getattr(client, method)(url, {}).status_code == 403, url


def test_a_foreign_provider_is_not_there(mallory: User, provider: Provider, beta: Tenant) -> None:
    with tenant_context(beta):
        client = api_client(mallory, "beta")
    one = f"{URL}providers/{provider.pk}/"
    assert client.get(one).status_code == 404
    assert client.patch(one, {"base_url": "https://evil.example"}).status_code == 404
    assert client.post(f"{one}test/", {}).status_code == 404
    assert client.delete(one).status_code == 404
    assert [each["slug"] for each in client.get(f"{URL}providers/").json()["results"]] == [
        "built-in"
    ]

"""Models and prices that an upstream tells of: taken over within bounds, with the key where it belongs."""

import json
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.gateway import services
from apps.gateway.exceptions import ModelsUnknown
from apps.gateway.models import ModelPrice, ModelRoute, Provider
from apps.gateway.providers import importing
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete, connect
from tests.gateway.programs import Program, key_of

pytestmark = pytest.mark.django_db(transaction=True)
PROXY = {
    "/v1/models": {"data": [{"id": "gpt"}, {"id": "ok"}, {"id": ""}, 7, {"id": "x" * 300}]},
    "/v1/model/info": {
        "data": [
            {"model_name": "ok", "model_info": {
                "input_cost_per_token": 2e-06, "output_cost_per_token": "1e-5",
                "max_input_tokens": 8000,
            }},
            {"model_name": "ok", "model_info": {"input_cost_per_token": 9, "output_cost_per_token": 9}},
            {"model_name": "gpt", "model_info": {"input_cost_per_token": None}},
            {"model_name": "bad", "model_info": {
                "input_cost_per_token": "nan", "output_cost_per_token": -1,
            }},
            "nonsense",
        ]
    },
}  # fmt: skip


@pytest.fixture
def proxy(alice: User, fake: FakeProvider) -> Provider:
    fake.told = PROXY
    return connect(fake, alice, litellm_provider="litellm_proxy", default_model="ok")


def test_a_proxys_models_and_prices_are_taken_over(
    alice: User, proxy: Provider, fake: FakeProvider
) -> None:
    done = importing.import_models(proxy, actor=alice)
    assert (done.models, done.prices) == (2, 1)
    proxy.refresh_from_db()
    assert proxy.known_models == ["gpt", "ok"]
    price = ModelPrice.objects.get(provider=proxy.slug)
    assert (price.model, price.input_usd, price.output_usd) == ("ok", Decimal(2), Decimal(10))
    assert (price.context_tokens, price.source) == (8000, "LiteLLM proxy")
    assert {each.headers["Authorization"] for each in fake.asked} == {f"Bearer {SECRET}"}
    assert importing.import_models(proxy, actor=alice).prices == 0  # nothing has changed
    services.put_first(ModelRoute.objects.get(alias="default"), proxy, actor=alice, model="ok")
    assert complete().cost_usd == Decimal("0.004")
    listed = Program(key_of(alice, "owner")).get("models").json()["data"]
    assert f"{proxy.slug}/gpt" in {each["id"] for each in listed}


def test_a_price_of_ones_own_stays(alice: User, proxy: Provider) -> None:
    own = {"input_usd": Decimal(1), "output_usd": Decimal(1)}
    services.set_price(actor=alice, provider=proxy.slug, model="ok", **own)
    assert importing.import_models(proxy, actor=alice).prices == 0


@pytest.mark.parametrize("told", [{}, {"/v1/models": {"data": "many"}}, {"/v1/models": None}])
def test_what_is_no_list_is_refused(
    alice: User, proxy: Provider, fake: FakeProvider, told: dict[str, Any]
) -> None:
    fake.told = json.loads(json.dumps(told))
    with pytest.raises(ModelsUnknown):
        importing.import_models(proxy, actor=alice)
    page = browser(alice).post(f"/relaycore/providers/{proxy.pk}/models/", follow=True)
    assert "Asked for its models" in page.content.decode()


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_may_only_call_brings_the_models_without_prices(
    alice: User, proxy: Provider, fake: FakeProvider, status: int
) -> None:
    importing.import_models(proxy, actor=alice)
    fake.told = {**PROXY, "/v1/models": {"data": [{"id": "new"}]}, "/v1/model/info": status}
    page = browser(alice).post(f"/relaycore/providers/{proxy.pk}/models/", follow=True)
    shown = page.content.decode()
    assert "1 models, and 0 new prices" in shown
    assert f"it answered {status}" in shown
    proxy.refresh_from_db()
    assert proxy.known_models == ["new"]
    assert ModelPrice.objects.filter(provider=proxy.slug).count() == 1  # what was known stays
    told = api_client(alice).post(f"/api/v1/gateway/providers/{proxy.pk}/import-models/").json()
    assert (told["models"], told["prices"]) == (1, 0)
    assert "set prices yourself" in told["problem"]
    fake.told = {**PROXY, "/v1/models": status}  # who may not even ask for names is refused
    with pytest.raises(ModelsUnknown, match=str(status)):
        importing.import_models(proxy, actor=alice)


def test_the_page_and_programs_do_it(alice: User, bob: User, proxy: Provider) -> None:
    page = browser(alice).post(f"/relaycore/providers/{proxy.pk}/models/", follow=True)
    assert "2 models, and 1 new prices" in page.content.decode()
    client: APIClient = api_client(alice)
    url = f"/api/v1/gateway/providers/{proxy.pk}/import-models/"
    assert client.post(url).json() == {"models": 2, "prices": 0, "problem": ""}
    assert AuditEntry.objects.filter(action="provider.models_imported").count() == 2
    services.update_provider(proxy, actor=alice, changes={"base_url": "https://models.invalid/v1"})
    assert "could not be asked" in client.post(url).json()["problem"]
    with pytest.raises(Forbidden):
        importing.import_models(proxy, actor=bob)
    assert api_client(bob).post(url).status_code == 403

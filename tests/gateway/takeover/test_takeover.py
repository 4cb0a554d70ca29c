"""Taking over a LiteLLM proxy's config.yaml: what it becomes, what is left out, and that nothing leaks."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.accounts.models import User
from apps.common.errors import Forbidden
from apps.gateway.exceptions import BadConfig
from apps.gateway.models import ModelPrice, ModelRoute, Provider
from apps.gateway.takeover.reading import read
from apps.gateway.takeover.services import take_over
from tests.factories.browsers import browser
from tests.fakeai.server import SECRET, FakeProvider
from tests.gateway.calling import complete

URL = "/relaycore/providers/take-over/"
CONFIG = """
model_list:
  - model_name: GPT 4o
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_A, rpm: 60, weight: 2}
  - model_name: GPT 4o
    litellm_params: {model: openai/gpt-4o, api_key: os.environ/OPENAI_B}
  - model_name: GPT 4o
    litellm_params:
      model: azure/my-gpt
      api_base: https://mine.openai.azure.com
      api_key: az-in-the-file-0123456789
      api_version: "2024-10-21"
      temperature: 0.2
      input_cost_per_token: 0.0000025
      output_cost_per_token: 1e-5
  - model_name: claude
    litellm_params: {model: claude-sonnet-4-5, api_key: os.environ/ANTHROPIC}
  - model_name: local
    litellm_params: {model: ollama_chat/llama3, api_base: "https://ollama.example.com"}
  - model_name: bedrock
    litellm_params: {model: bedrock/anthropic.claude, aws_region_name: us-east-1}
  - model_name: "openai/*"
    litellm_params: {model: "openai/*"}
router_settings:
  routing_strategy: simple-shuffle
  num_retries: 5
  model_group_alias: {best: GPT 4o}
  fallbacks: [{GPT 4o: [claude, nobody]}]
litellm_settings: {drop_params: true, cache: true}
general_settings: {master_key: sk-1234, database_url: os.environ/DATABASE_URL}
"""


def test_what_a_configuration_becomes() -> None:
    draft = read(CONFIG)
    assert [(each.name, each.address) for each in draft.providers] == [
        ("OpenAI", "https://api.openai.com/v1"),
        ("Azure OpenAI", "https://mine.openai.azure.com/openai/v1"),
        ("Anthropic", "https://api.anthropic.com"),
        ("Ollama", "https://ollama.example.com/v1"),
    ]
    assert draft.variables == ["OPENAI_A", "OPENAI_B", "ANTHROPIC"]
    route = draft.routes["gpt-4o"]
    shown = [(each.model, each.weight, each.order, each.params) for each in route.targets]
    assert shown == [
        ("gpt-4o", 2, 0, {}), ("my-gpt", 1, 0, {"temperature": 0.2}), ("claude-sonnet-4-5", 1, 1, {}),
    ]  # fmt: skip
    assert set(draft.routes) == {"gpt-4o", "claude", "local", "best"}
    assert [(each.model, each.input_usd, each.output_usd) for each in draft.prices] == [
        ("my-gpt", Decimal("2.5"), Decimal(10))
    ]
    assert draft.retries == 2


def test_what_is_left_out_has_a_reason() -> None:
    left = {each.where: each.why for each in read(CONFIG).left}
    assert "past our connections" in left["bedrock"]
    assert "one name" in left["openai/*"]
    assert "left alone" in left["GPT 4o: rpm"]
    assert "no model of the file" in left["fallbacks of GPT 4o"]
    assert "Keys" in left["general_settings: master_key"]
    assert {"litellm_settings: cache", "router_settings: routing_strategy"} <= set(left)
    assert "sk-1234" not in str(left)


@pytest.mark.parametrize(
    "text",
    [
        "", "- a\n- b", "model_list: []", "model_list: {", "model_list: [&a {x: 1}, *a]",
        "!!python/object/apply:os.system ['true']", "model_list: " + "[" * 3000, "- " * 3000, "[" * 200_000,
        "model_list:\n" + "  - model_name: x\n" * 501, "a: " + "x" * (1 << 20),
        "a: !!bool maybe", "a: !!int ''", "a: !!float '_'", "a: !!timestamp now", "a: 1" + ":1" * 400 + ".5",
        'model_list: [{model_name: "a\\0", litellm_params: {model: groq/x}}]',
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_refused(text: str) -> None:
    with pytest.raises(BadConfig):
        read(text)


@pytest.mark.parametrize(
    "odd",
    [
        "weight: .inf", "order: .nan", "weight: 1" + ":1" * 400, "input_cost_per_token: 1e999999",
        "temperature: .nan", "stop: !!set {a}", "seed: 2001-01-01", "top_p: !!binary aGk=", "7: a, b: c",
    ],
)  # fmt: skip
def test_odd_values_of_an_entry_are_left_out(alice: User, odd: str) -> None:
    params = f"{{model: groq/x, api_key: gsk-of-a-test, output_cost_per_token: 1e-7, {odd}}}"
    rest = "router_settings: {1: 2, a: .inf, num_retries: .inf}"
    draft = read(f"model_list: [{{model_name: a, litellm_params: {params}}}]\n{rest}")
    made = take_over(draft, actor=alice, secrets={})
    (target,) = made.routes[0].targets.all()
    assert (target.params, target.weight, target.order) == ({}, 1, 0)


def test_addresses_that_are_none_are_left_out() -> None:
    entry = "{model_name: a, litellm_params: {model: openai/x, api_base: 'http://[::1'}}"
    draft = read(f"model_list: [{entry}]")
    assert (draft.routes, [each.where for each in draft.left]) == ({}, ["a"])


def test_many_repeats_take_no_more_work_than_they_say() -> None:
    """Of what is repeated a thousand times, each costs a look: it would be minutes otherwise."""
    models = "".join(
        f"\n- {{model_name: m, litellm_params: {{model: groq/{each}}}}}" for each in range(400)
    )
    repeats = f"[{{m: [{'m,' * 50_000}]}}]"
    unknown = ",".join(f"a{each}: 1" for each in range(10_000))
    draft = read(
        f"model_list:{models}\nlitellm_settings: {{fallbacks: {repeats}}}\n"
        f"router_settings: {{{unknown}}}"
    )
    assert len(draft.routes["m"].targets) == 8
    assert len(draft.left) == 10_001


def test_odd_entries_are_left_out_one_by_one() -> None:
    odd = """
model_list:
  - 7
  - {model_name: a, litellm_params: {model: 5}}
  - {model_name: b, litellm_params: {model: nobody/knows-this}}
  - {model_name: c, litellm_params: {model: azure/x}}
  - {model_name: d, litellm_params: {model: openai/x, api_base: os.environ/BASE}}
  - {model_name: e, litellm_params: {model: groq/x, weight: many, input_cost_per_token: lots}}
"""
    draft = read(odd)
    assert set(draft.routes) == {"e"}
    assert len(draft.left) == 5


def test_it_is_made_in_one_piece(alice: User, bob: User) -> None:
    draft = read(CONFIG)
    secrets = {"OPENAI_A": "sk-one-0123456789", "OPENAI_B": "sk-two-0123456789"}
    with pytest.raises(Forbidden):
        take_over(draft, actor=bob, secrets=secrets)
    made = take_over(draft, actor=alice, secrets=secrets)
    assert [each.alias for each in made.routes] == ["gpt-4o", "claude", "local", "best"]
    openai = Provider.objects.get(name="OpenAI")
    assert (openai.state, openai.credentials.count()) == ("ready", 2)
    assert Provider.objects.get(name="Anthropic").state == "needs_key"  # left for later
    assert Provider.objects.get(name="Ollama").state == "ready"
    assert ModelPrice.objects.filter(model="my-gpt", input_usd=Decimal("2.5")).exists()
    assert ModelRoute.objects.get(alias="gpt-4o").policy == {"retries": 2}


def test_what_exists_stays_unless_it_is_to_be_replaced(alice: User) -> None:
    text = """
model_list:
  - {model_name: default, litellm_params: {model: groq/llama, api_key: gsk-0123456789abcdef}}
"""
    before = ModelRoute.objects.get(alias="default").version
    assert take_over(read(text), actor=alice, secrets={}).routes == []
    assert ModelRoute.objects.get(alias="default").version == before
    take_over(read(text), actor=alice, secrets={}, replace=True)
    assert ModelRoute.objects.get(alias="default").version == before + 1
    assert Provider.objects.filter(base_url="https://api.groq.com/openai/v1").count() == 1


def test_one_bad_key_makes_nothing(alice: User) -> None:
    draft = read(CONFIG)
    with pytest.raises(BadConfig) as caught:
        take_over(draft, actor=alice, secrets={"OPENAI_A": "two words"})
    assert "OpenAI cannot be added" in caught.value.errors[0]["message"]
    assert Provider.objects.filter(kind="openai_compatible").count() == 0


@pytest.mark.django_db(transaction=True)
def test_the_page_shows_first_and_makes_then(alice: User, fake: FakeProvider) -> None:
    text = f"""
model_list:
  - model_name: mine
    litellm_params: {{model: openai/ok, api_base: "{fake.url}", api_key: os.environ/FAKE}}
  - model_name: inline
    litellm_params: {{model: openai/ok, api_base: "{fake.url}", api_key: sk-inline-0123456789}}
"""
    client = browser(alice)
    file = SimpleUploadedFile("config.yaml", text.encode())
    preview: Any = client.post(URL, {"file": file})
    page = preview.content.decode()
    assert preview.status_code == 200
    assert "Nothing is made yet" in page
    assert "FAKE" in page
    assert "sk-inline-0123456789" not in page
    assert not Provider.objects.filter(base_url=fake.url).exists()
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    done: Any = client.post(URL, {"sealed": sealed[1], "secret-0": SECRET}, follow=True)
    assert "1 providers and 2 routes" in done.content.decode()
    assert complete("mine").provider == Provider.objects.get(base_url=fake.url).slug
    assert fake.asked[0].headers["Authorization"] in (
        f"Bearer {SECRET}", "Bearer sk-inline-0123456789",
    )  # fmt: skip


def test_a_sealed_file_is_its_persons_alone(alice: User, oscar: User) -> None:
    page = browser(alice).post(URL, {"text": CONFIG}).content.decode()
    sealed = re.search(r'name="sealed" value="([^"]+)"', page)
    assert sealed
    other: Any = browser(oscar).post(URL, {"sealed": sealed[1]}, follow=True)
    if other.status_code == 200:
        assert "cannot be read any more" in other.content.decode()
    assert browser(alice).post(URL, {"sealed": "v1.x.y"}).status_code == 302
    assert not Provider.objects.filter(name="OpenAI").exists()


def test_mistakes_and_strangers(alice: User, bob: User) -> None:
    assert browser(alice).get(URL).status_code == 200
    assert browser(alice).post(URL, {"text": " "}).status_code == 422
    shown = browser(alice).post(URL, {"text": "model_list: {"})
    assert shown.status_code == 422
    assert "not YAML" in shown.content.decode()
    other = browser(alice).post(URL, {"text": "just: words"})
    assert "config.yaml" in str(other.context["form"].errors["text"])
    assert browser(bob).get(URL).status_code == 403
    assert browser(bob).post(URL, {"text": CONFIG}).status_code == 403

"""What a workspace has of the model gateway, for the walk: every text of it a canary."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from asgiref.sync import async_to_sync

from apps.accounts.models import User
from apps.accounts.services import rotate_api_key
from apps.gateway import services
from apps.gateway.advisor.services import apply_advice
from apps.gateway.budgets.services import add_budget
from apps.gateway.cache.services import set_cache
from apps.gateway.calls import CompletionRequest
from apps.gateway.kept.services import keep
from apps.gateway.models import Advice, LlmCall, ModelRoute
from apps.gateway.prompts import services as prompts
from apps.gateway.upstreams.pools import add_key
from apps.gateway.virtual_keys.services import create_key


def make(owner: User, canary: str, objects: Mapping[str, str]) -> dict[str, str]:
    """Make of everything one, and a spare one to delete; return their ids.

    `objects` names the folder and the workflow that have a budget.
    """
    return {
        **_providers(owner, canary), **_routes(owner, canary), **_keys(owner, canary),
        **_calls(owner, canary), **_budgets(owner, objects), **_prompts(owner, canary),
        **_advice(owner, canary),
    }  # fmt: skip


def _providers(owner: User, canary: str) -> dict[str, str]:
    made = {
        name: services.add_provider(
            actor=owner, kind="openai_compatible", name=f"{canary} {name}",
            base_url="https://models.invalid/v1", credential="sk-of-a-test", default_model=canary,
        )
        for name in ("provider", "spare_provider")
    }  # fmt: skip
    keys = {
        name: add_key(
            made["provider"], actor=owner, credential="sk-of-a-test", label=f"{canary} {name}"
        )
        for name in ("provider_key", "spare_provider_key")
    }
    price = services.set_price(
        actor=owner, provider=canary, model="*", input_usd=Decimal(1), output_usd=Decimal(1)
    )
    return {name: str(each.pk) for name, each in {**made, **keys, "price": price}.items()}


def _prompts(owner: User, canary: str) -> dict[str, str]:
    slugs = {"prompt": canary.lower(), "spare_prompt": f"{canary.lower()}-spare"}
    for slug in slugs.values():
        said = {"messages": [{"role": "user", "content": f"{canary} {{{{ what }}}}"}]}
        made = prompts.create_prompt(
            actor=owner, slug=slug, name=f"{canary} prompt", content=said, notes=canary
        )
        prompts.add_version(made, actor=owner, content={"messages": [*said["messages"]] * 2})
        prompts.set_label(made, canary.lower(), actor=owner, number=1)
    return {**slugs, "label": canary.lower()}


def _routes(owner: User, canary: str) -> dict[str, str]:
    names = {"route": canary, "spare_route": f"{canary}-spare"}
    for alias in names.values():
        services.save_route(
            None, actor=owner, alias=alias, description=canary, targets=[{"provider": "built-in"}]
        )
    # An earlier version to go back to, and a list of models that may be asked.
    services.save_route(ModelRoute.objects.get(alias=canary), actor=owner, policy={"retries": 1})
    services.allow_models(actor=owner, patterns=["*", f"{canary}/*"], regions=[])
    return names


def _keys(owner: User, canary: str) -> dict[str, str]:
    names = ("virtual_key", "spare_virtual_key")
    made = {
        name: create_key(actor=owner, name=f"{canary} {name}", routes=[canary]) for name in names
    }
    rotate_api_key(made["virtual_key"][0], actor=owner, overlap=timedelta(hours=1))
    return {name: str(key.pk) for name, (key, _) in made.items()}


def _calls(owner: User, canary: str) -> dict[str, str]:
    """Ask twice, the second time so that the answer is kept."""
    question = [{"role": "user", "content": "Hello"}]
    complete = async_to_sync(services.complete)
    complete(CompletionRequest(route=canary, messages=question))
    call = LlmCall.objects.get(route=canary)
    keep(call.pk, "", {"asked": canary, "answered": {}}, 24)
    set_cache(ModelRoute.objects.get(alias=canary), actor=owner, ttl_s=3600)
    complete(CompletionRequest(route=canary, messages=question, temperature=0))
    return {
        "call": str(call.pk),
        "cached_call": str(LlmCall.objects.exclude(cache_name="").get().pk),
    }


def _advice(owner: User, canary: str) -> dict[str, str]:
    """Advise to ask the built-in rules first: on one route still open, on another one applied."""
    made = {}
    for name, alias in (("advice", canary), ("applied_advice", f"{canary}-spare")):
        route = ModelRoute.objects.get(alias=alias)
        made[name] = Advice.objects.create(
            route=route, provider="built-in", model="", route_version=route.version, classes=["json"],
            calls=1, now_usd=2, then_usd=1, saved_usd=1, checked=100, passed=1, low=0.9, high=1, floor=0.8,
        )  # fmt: skip
    apply_advice(made["applied_advice"], actor=owner)
    return {name: str(each.pk) for name, each in made.items()}


def _budgets(owner: User, objects: Mapping[str, str]) -> dict[str, str]:
    made = {
        name: add_budget(
            actor=owner, scope=scope, subject=UUID(objects[scope]), every="month",
            amount_usd=Decimal(10),
        )
        for name, scope in (("budget", "folder"), ("spare_budget", "workflow"))
    }  # fmt: skip
    return {name: str(each.pk) for name, each in made.items()}

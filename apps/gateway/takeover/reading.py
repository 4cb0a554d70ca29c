"""Reading a LiteLLM proxy's config.yaml. Nothing is executed, looked up or asked: the file is data."""

import re
from decimal import Decimal
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

import yaml

from apps.common.types import JSONDict
from apps.gateway import catalogue
from apps.gateway.exceptions import BadConfig
from apps.gateway.routes.versions import MAX_ORDER, MAX_TARGETS, MAX_WEIGHT, PARAMS
from apps.gateway.takeover.draft import (
    Draft,
    DraftPrice,
    DraftProvider,
    DraftRoute,
    DraftTarget,
    Secret,
)
from apps.gateway.upstreams import known_providers
from apps.gateway.upstreams.known_providers import Entry

MOST_BYTES, MOST_MODELS, DEEPEST = 256 << 10, 500, 30
MILLION = Decimal(1_000_000)
VARIABLE = "os.environ/"
# litellm's names for one provider asked in another way.
SAME = {
    "ai21_chat": "ai21", "azure_text": "azure", "cohere_chat": "cohere", "custom_openai": "other",
    "ollama_chat": "ollama", "openai_like": "other", "text-completion-openai": "openai",
    "vertex_ai_beta": "vertex_ai", "vllm": "hosted_vllm",
}  # fmt: skip
# Who has a model that is named without its provider; the first that lists it.
LIKELY = ("openai", "anthropic", "gemini", "mistral", "deepseek", "xai", "cohere_chat")
READ = {
    "model", "api_key", "api_base", "base_url", "weight", "order", "region_name",
    "input_cost_per_token", "output_cost_per_token", *PARAMS,
}  # fmt: skip
HARMLESS = {"drop_params", "custom_llm_provider", "api_version", "organization", "tags"}
LIMITS = "Limits of a deployment are not set here: a key that its provider limits is left alone by itself."
INSTEAD = {
    "rpm": LIMITS,
    "tpm": LIMITS,
    "max_parallel_requests": "Set “Calls at a time” on the provider's page: it holds for all of its keys together.",
    "timeout": "Set the longest time of a call on the route's page.",
    "stream_timeout": "Set the time to the first word on the route's page.",
    "master_key": "Make a key for each program under Keys.",
    "database_url": "Virtual keys and budgets lie in the proxy's database: make them anew under Keys and Budgets.",
    "routing_strategy": "Targets of one order share calls by weight and by how loaded they are.",
    "cache": "Answers are kept by a route: set for how long on its page.",
    "cache_params": "Answers are kept by a route: set for how long on its page.",
    "success_callback": "Calls are in the ledger; entries of the trail can be sent on under Audit log.",
    "failure_callback": "Calls are in the ledger; entries of the trail can be sent on under Audit log.",
    "context_window_fallbacks": "State each target's context on the route's page: what is too long goes to the others.",
    "default_fallbacks": "Give each route its own targets.",
    "max_budget": "Make a budget under Budgets.",
}
# What the reader of YAML raises for values that say they are of a type, and are not.
UNREADABLE = (
    yaml.YAMLError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError,
)  # fmt: skip
MOST_NUMBER = 10**12
ODD = "It is no value that a model can be asked with."
OTHERWISE = "There is nothing like it here."
NONE = "This is no configuration of a LiteLLM proxy: give what it starts with, its config.yaml."
ONE_NAME = "A route has one name: programs may name provider/model where their key allows it."


def read(text: str) -> Draft:
    """Return what a configuration would become. Raises BadConfig for what is none."""
    whole = _parsed(text)
    draft = Draft()
    models = whole.get("model_list")
    if not isinstance(models, list) or not models:
        raise BadConfig.at("config", f"There is no model_list in it. {NONE}")
    if len(models) > MOST_MODELS:
        raise BadConfig.at(
            "config", f"It lists {len(models)} models; at most {MOST_MODELS} are taken over."
        )
    for place, each in enumerate(models):
        _add_model(draft, place, each)
    _add_rules(draft, whole)
    for route in draft.routes.values():
        if len(route.targets) > MAX_TARGETS:
            draft.leave(
                route.called,
                f"A route has at most {MAX_TARGETS} targets; the first are taken over.",
            )
            del route.targets[MAX_TARGETS:]
    return draft


def _parsed(text: str) -> JSONDict:
    if len(text.encode()) > MOST_BYTES:
        raise BadConfig.at("config", "It is larger than 256 KiB.")
    if _depth(text) > DEEPEST:  # parsing takes the square of it
        raise BadConfig.at("config", f"It is nested deeper than {DEEPEST} levels.")
    try:
        for each in yaml.scan(text, Loader=yaml.CSafeLoader):
            if isinstance(each, yaml.AliasToken):
                raise BadConfig.at(
                    "config", "Write out what stands behind * and &: references are not read."
                )
            if isinstance(each, yaml.ScalarToken) and "\0" in each.value:
                raise BadConfig.at("config", "It holds a sign that no text can have: \\0.")
        whole = yaml.CSafeLoader(text).get_single_data()
    except UNREADABLE as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise BadConfig.at("config", f"It is not YAML that can be read{where}.") from None
    if not isinstance(whole, dict):
        raise BadConfig.at("config", NONE)
    return whole


def _depth(text: str) -> int:
    """Return how deep brackets and indentation go, at most, without parsing anything."""
    levels = accumulate(1 if sign in "[{" else -1 for sign in re.findall(r"[\[\]{}]", text))
    marks = (len(found) // 2 for found in re.findall(r"^[ \t?:-]+", text, re.MULTILINE))
    return max((*levels, *marks), default=0)


def _add_model(draft: Draft, place: int, row: Any) -> None:
    whole = _dict(row)
    params, called = _dict(whole.get("litellm_params")), str(whole.get("model_name") or "")
    where = called or f"model_list, entry {place + 1}"
    if not params.get("model") or not called:
        draft.leave(where, "It names no model.")
        return
    if "*" in called or "*" in str(params["model"]):
        draft.leave(where, ONE_NAME)
        return
    found = _entry_of(params)
    provider = found if isinstance(found, str) else _provider(draft, *found, params)
    if isinstance(provider, str) or isinstance(found, str):
        draft.leave(where, str(provider))
        return
    route = draft.routes.setdefault(_alias(called), DraftRoute(_alias(called), called))
    route.add(_target(provider, found[1], params))
    _add_price(draft, provider, found[1], {**params, **_dict(whole.get("model_info"))})
    for name in sorted(PARAMS & set(params)):
        if not _is_plain(params[name]):
            draft.leave(f"{where}: {name}", ODD)
    for name in sorted(set(params) - READ - HARMLESS):
        draft.leave(f"{where}: {name}", INSTEAD.get(name, OTHERWISE))


def _entry_of(params: JSONDict) -> tuple[Entry, str] | str:
    """Return the provider of a model and the model's own name, or why there is none."""
    named = str(params["model"])
    slug, _, model = named.partition("/")
    slug = str(params.get("custom_llm_provider") or slug)
    if not model or known_providers.find(SAME.get(slug, slug)) is None:
        likely = (each for each in LIKELY if named in catalogue.models_of(each))
        slug, model = next(likely, "openai" if params.get("api_base") else ""), named
    if slug == "openai" and (params.get("api_base") or params.get("base_url")):
        slug = known_providers.OTHER
    entry = known_providers.find(SAME.get(slug, slug))
    if entry is None:
        return f"Whose model “{named[:80]}” is cannot be told."
    if not entry.is_offered:
        return f"{entry.name}: {entry.why} Connect your LiteLLM proxy as a provider for it."
    return entry, model


def _provider(draft: Draft, entry: Entry, model: str, params: JSONDict) -> DraftProvider | str:
    """Return the provider of an address, whose keys the key of this model joins; else why there is none."""
    address = _address(entry, str(params.get("api_base") or params.get("base_url") or ""))
    if not address:
        return "Its address cannot be told: enter it by adding the provider."
    found = next((each for each in draft.providers if each.address == address), None)
    if found is None:
        host = urlsplit(address).hostname or address
        name = host if entry.slug == known_providers.OTHER else entry.name
        if any(each.name == name for each in draft.providers):
            name = f"{name} at {host}"
        found = DraftProvider(entry, address, name[:120], model)
        draft.providers.append(found)
    key = _secret(params.get("api_key"))
    if key is not None and key not in found.keys:
        found.keys.append(key)
    return found


def _address(entry: Entry, said: str) -> str:
    try:
        path = urlsplit(said).path
    except ValueError:
        return ""
    if said.startswith(VARIABLE):
        return ""
    address = said.rstrip("/") or entry.address
    if entry.slug == "azure" and said and "/openai" not in path:
        address = f"{address}/openai/v1"
    if entry.slug == "ollama" and said and not address.endswith("/v1"):
        address = f"{address}/v1"
    return address


def _secret(said: Any) -> Secret | None:
    text = str(said or "")
    if text.startswith(VARIABLE):
        return Secret(variable=text.removeprefix(VARIABLE)[:100])
    return Secret(text=text) if text else None


def _target(provider: DraftProvider, model: str, params: JSONDict) -> DraftTarget:
    return DraftTarget(
        provider, model[:200],
        params={n: params[n] for n in sorted(PARAMS & set(params)) if _is_plain(params[n])},
        weight=_number(params.get("weight"), 1, MAX_WEIGHT),
        order=_number(params.get("order"), 0, MAX_ORDER),
        region=re.sub(r"[^a-z0-9-]", "", str(params.get("region_name") or "").lower())[:40],
    )  # fmt: skip


def _number(said: Any, least: int, most: int) -> int:
    return int(min(max(said, least), most)) if _is_number(said) else least


def _is_number(said: Any) -> bool:
    return isinstance(said, int | float) and abs(said) < MOST_NUMBER


def _is_plain(said: Any) -> bool:
    """Tell whether it is a text, a number or a list of such: YAML knows dates, sets and more."""
    if isinstance(said, list):
        return all(isinstance(each, str) for each in said)
    return isinstance(said, str) or _is_number(said)


def _add_price(draft: Draft, provider: DraftProvider, model: str, said: JSONDict) -> None:
    figures = [_usd(said.get(f"{way}_cost_per_token")) for way in ("input", "output")]
    given, taken = figures
    if given is not None and taken is not None:
        price = DraftPrice(provider, model, given, taken)
        if price not in draft.prices:
            draft.prices.append(price)


def _usd(said: Any) -> Decimal | None:
    """Return what a million tokens cost; YAML reads 1e-7 as text."""
    try:
        amount = Decimal(str(said)) * MILLION
    except ArithmeticError:
        return None
    return round(amount, 6) if amount.is_finite() and 0 <= amount < MILLION else None


def _add_rules(draft: Draft, whole: JSONDict) -> None:
    """Take over what holds for all models: fallbacks, second names and repeats."""
    router, library = _dict(whole.get("router_settings")), _dict(whole.get("litellm_settings"))
    for part in (router, library):
        for each in _list(part.get("fallbacks")):
            for name, others in _dict(each).items():
                _add_fallbacks(draft, str(name), [str(other) for other in _list(others)])
        draft.retries = max(draft.retries, _number(part.get("num_retries"), 0, 2))
    _add_second_names(draft, _dict(router.get("model_group_alias")))
    _leave_rest(draft, whole)


def _add_second_names(draft: Draft, names: JSONDict) -> None:
    for alias, group in names.items():
        name = group.get("model") if isinstance(group, dict) else group
        for route in list(draft.called(str(name))):
            made = DraftRoute(_alias(str(alias)), str(alias), list(route.targets))
            draft.routes.setdefault(made.alias, made)


def _leave_rest(draft: Draft, whole: JSONDict) -> None:
    """Note each setting that is not taken over, with what to do instead."""
    taken = {"fallbacks", "num_retries", "model_group_alias", "drop_params", "set_verbose"}
    for part_name in ("router_settings", "litellm_settings", "general_settings"):
        for name in sorted(set(_dict(whole.get(part_name))) - taken):
            draft.leave(f"{part_name}: {name}", INSTEAD.get(str(name), OTHERWISE))
    known = {"model_list", "router_settings", "litellm_settings", "general_settings"}
    for name in sorted(str(each) for each in set(whole) - known):
        draft.leave(name, INSTEAD.get(name, OTHERWISE))


def _add_fallbacks(draft: Draft, name: str, others: list[str]) -> None:
    for route in draft.called(name):
        for other in others:
            targets = [target for found in draft.called(other) for target in found.targets]
            if not targets:
                draft.leave(f"fallbacks of {name}", f"“{other}” is no model of the file.")
            after = max((each.order for each in route.targets), default=0) + 1
            for target in targets:
                route.add(DraftTarget(**{**vars(target), "order": min(after, MAX_ORDER)}))


def _alias(called: str) -> str:
    """Return a name that a route may have."""
    plain = re.sub(r"[^a-z0-9._-]+", "-", called.lower())
    return re.sub(r"\A[^a-z]+", "", plain)[:63].rstrip("-.") or "route"


def _dict(value: Any) -> JSONDict:
    return {str(key): each for key, each in value.items()} if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

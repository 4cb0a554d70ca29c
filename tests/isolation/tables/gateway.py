"""Requests about the model gateway: providers, routes, prices, calls and usage."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api, of

# A name that nobody can have (RFC 2606): asking it ends at the resolver.
NOWHERE = "https://models.invalid/v1"
PROVIDER = {
    "name": "New",
    "kind": "openai_compatible",
    "base_url": NOWHERE,
    "credential": "sk-of-a-test",
    "default_model": "any",
}
NEW_KEY = {"credential": "sk-of-a-test", "order": "0", "weight": "1"}
CONFIG = "model_list: [{model_name: x, litellm_params: {model: groq/y}}]"
TARGETS = [{"provider": "built-in"}]
TARGET_ROWS = {
    "form-TOTAL_FORMS": "1",
    "form-INITIAL_FORMS": "0",
    "form-0-provider": "built-in",
}
GUARDS = {"contact": {"input": "mask"}}
GUARDS_FORM = {"contact_input": "flag"}
TRIED = {"text": "x", "place": "input"}
ALLOWED = {"patterns": ["*"], "regions": []}
PRICE = {"provider": "x", "model": "y", "input_usd": "1", "output_usd": "2"}
BUDGET = {"scope": "workspace", "every": "day", "amount_usd": "10"}
RULES = {
    "time_zone": "Europe/Berlin",
    "answer_tokens": "4096",
    "unpriced": "refuse",
    "assumed_input_usd": "5",
    "assumed_output_usd": "25",
}
PAGE_OF_PROVIDER = {"name": "Renamed", "base_url": NOWHERE, "default_model": "any", "answers": ""}

GATEWAY = [
    api("provider-list", **LIST),
    api("provider-list", "POST", body=PROVIDER, **NOBODYS),
    api("provider-detail", pk="provider"),
    api("provider-detail", "PATCH", pk="provider", body={"name": "Renamed"}, shows=False),
    api("provider-detail", "DELETE", pk="spare_provider", shows=False),
    api("provider-try-", "POST", pk="provider", body={}),
    api("provider-import-models", "POST", pk="provider", body={}, shows=False),
    Probe("api:known_providers", **NOBODYS),
    Probe("api:provider-keys", args={"provider_id": "provider"}, shows=False),
    Probe(
        "api:provider-keys", "POST", {"provider_id": "provider"}, body={"credential": "sk-of-a-test"},
        shows=False,
    ),
    Probe(
        "api:provider-key", "PATCH", {"provider_id": "provider", "key_id": "provider_key"},
        body={"order": 1}, shows=False,
    ),
    Probe(
        "api:provider-key", "DELETE", {"provider_id": "provider", "key_id": "spare_provider_key"},
        shows=False,
    ),
    Probe(
        "api:provider-key-try", "POST", {"provider_id": "provider", "key_id": "provider_key"}, body={},
        shows=False,
    ),
    api("route-list", **LIST),
    api("route-list", "POST", body={"alias": "new", "targets": TARGETS}, **NOBODYS),
    Probe("api:route-detail", args={"alias": "route"}),
    Probe("api:route-detail", "PATCH", args={"alias": "route"}, body={"description": "x"}),
    Probe("api:route-detail", "DELETE", args={"alias": "spare_route"}, shows=False),
    Probe("api:route-cache", args={"alias": "route"}, shows=False),
    Probe("api:route-cache", "PUT", args={"alias": "route"}, body={"ttl_s": 60}, shows=False),
    Probe("api:route-cache", "DELETE", args={"alias": "route"}, shows=False),
    api("call-answer", "DELETE", pk="cached_call", shows=False),
    Probe("api:route-versions", args={"alias": "route"}),
    Probe("api:route-restore", "POST", args={"alias": "route"}, body={"version": 1}),
    Probe("api:route-decide", "POST", args={"alias": "route"}, body={}, shows=False),
    api("allowed-models", **LIST),
    api("allowed-models", "PUT", body=ALLOWED, **NOBODYS),
    Probe("api:call-body", args={"call_id": "call"}),
    api("guards", **NOBODYS),
    api("guards", "PUT", body=GUARDS, **NOBODYS),
    api("guards-try", "POST", body=TRIED, note="of all", **NOBODYS),
    api("guards-try", "POST", body=lambda world: {**TRIED, "route": of(world, "route")}, shows=False),
    api("guards-counts", query="route={route}", shows=False),
    api("price-list", **LIST),
    api("price-list", "POST", body=PRICE, **NOBODYS),
    api("price-detail", pk="price"),
    api("price-detail", "DELETE", pk="price", shows=False),
    api("call-list", **LIST),
    api("call-list", query="route={route}", note="of a route", **LIST),
    api("call-list", query="key={virtual_key}", note="of a key", **NOBODYS),
    api("virtual-key-list", **LIST),
    api("virtual-key-list", "POST", body={"name": "New"}, **NOBODYS),
    api("virtual-key-detail", pk="virtual_key"),
    api("virtual-key-detail", "PATCH", pk="virtual_key", body={"rpm": 5}, shows=False),
    api("virtual-key-detail", "DELETE", pk="spare_virtual_key", shows=False),
    api("virtual-key-rotate", "POST", pk="virtual_key", body={}, shows=False),
    api("virtual-key-end-rotation", "POST", pk="virtual_key", body={}, shows=False),
    Probe("api:call-decision", args={"call_id": "call"}, shows=False),
    api("usage", **LIST),
    Probe("api:usage-by", args={"by": "model"}, **LIST),
    api("budget-list", **LIST),
    api("budget-list", "POST", body=BUDGET, **NOBODYS),
    api("budget-detail", pk="budget"),
    api("budget-detail", "PATCH", pk="budget", body={"amount_usd": "11"}),
    api("budget-detail", "DELETE", pk="spare_budget", shows=False),
    api("budget-rules", **NOBODYS),
    api("budget-rules", "PATCH", body={"answer_tokens": 4096}, **NOBODYS),
    Probe("gateway:budgets", **LIST),
    Probe("gateway:new_budget", **LIST),
    Probe(
        "gateway:new_budget", "POST",
        body={"of": "workspace", "every": "day", "amount_usd": "10", "alerts": "80"}, media=FORM,
        **NOBODYS,
    ),
    Probe("gateway:budget", args={"budget_id": "budget"}),
    Probe(
        "gateway:budget", "POST", {"budget_id": "budget"}, body={"amount_usd": "12", "alerts": ""},
        media=FORM, shows=False,
    ),
    Probe("gateway:delete_budget", "POST", {"budget_id": "spare_budget"}, shows=False),
    Probe("gateway:budget_rules", **NOBODYS),
    Probe("gateway:budget_rules", "POST", body=RULES, media=FORM, **NOBODYS),
    api("advice-list", **LIST),
    api("advice-detail", pk="advice"),
    api("advice-apply", "POST", pk="advice"),
    api("advice-undo", "POST", pk="applied_advice"),
    api("advice-dismiss", "POST", pk="advice", body={"reason": "No"}),
    Probe("gateway:advice", **LIST),
    *(
        Probe(
            "gateway:act_on_advice", "POST", {"advice_id": whose, "name": name},
            body={"reason": "No"}, media=FORM, note=name, shows=False,
        )
        for name, whose in (("apply", "advice"), ("undo", "applied_advice"), ("dismiss", "advice"))
    ),
    Probe("gateway:prices", **LIST),
    Probe("gateway:new_price", **NOBODYS),
    Probe("gateway:new_price", "POST", body=PRICE, media=FORM, **NOBODYS),
    Probe("gateway:price", args={"price_id": "price"}),
    Probe(
        "gateway:price", "POST", {"price_id": "price"}, body={"input_usd": "1", "output_usd": "2"},
        media=FORM, shows=False,
    ),
    Probe("gateway:delete_price", "POST", {"price_id": "price"}, shows=False),
    Probe("gateway:overview", **LIST),
    Probe("gateway:calls", **LIST),
    Probe("gateway:usage", **LIST),
    Probe("gateway:usage_by", args={"by": "model"}, **LIST),
    Probe("gateway:export_usage", "POST", {"by": "model"}, media=FORM, **LIST),
    Probe("gateway:keys", **LIST),
    Probe("gateway:new_key", **NOBODYS),
    Probe(
        "gateway:new_key", "POST", body={"name": "New", "every_route": "on"}, media=FORM, **NOBODYS
    ),
    Probe("gateway:key", args={"key_id": "virtual_key"}),
    Probe(
        "gateway:key", "POST", {"key_id": "virtual_key"}, body={"name": "Renamed", "every_route": "on"},
        media=FORM, shows=False,
    ),
    Probe(
        "gateway:rotate_key", "POST", {"key_id": "virtual_key"}, body={"overlap_s": "3600"}, media=FORM,
        shows=False,
    ),
    *(
        Probe("gateway:end_key", "POST", {"key_id": "spare_virtual_key", "name": name}, note=name, shows=False)
        for name in ("end-rotation", "revoke")
    ),
    Probe("gateway:providers", **LIST),
    Probe("gateway:new_provider", **NOBODYS),
    Probe("gateway:take_over", **NOBODYS),
    Probe("gateway:take_over", "POST", body={"text": CONFIG}, media=FORM, **NOBODYS),
    Probe("gateway:connect", args={"entry": "other"}, **NOBODYS),
    Probe(
        "gateway:connect", "POST", args={"entry": "other"}, body={**PROVIDER, "answers": ""},
        media=FORM, **NOBODYS,
    ),
    Probe("gateway:new_provider_key", args={"provider_id": "provider"}),
    Probe(
        "gateway:new_provider_key", "POST", {"provider_id": "provider"}, body=NEW_KEY, media=FORM,
        shows=False,
    ),
    Probe("gateway:provider_key", args={"provider_id": "provider", "key_id": "provider_key"}),
    Probe(
        "gateway:provider_key", "POST", {"provider_id": "provider", "key_id": "provider_key"},
        body={"label": "Renamed", "order": "1", "weight": "2"}, media=FORM, shows=False,
    ),
    Probe(
        "gateway:rotate_provider_key", "POST",
        {"provider_id": "provider", "key_id": "spare_provider_key"}, body=NEW_KEY, media=FORM,
        shows=False,
    ),
    *(
        Probe(
            "gateway:act_on_provider_key", "POST",
            {"provider_id": "provider", "key_id": "spare_provider_key", "name": name}, note=name,
            shows=False,
        )
        for name in ("test", "disable", "enable", "remove")
    ),
    Probe("gateway:provider", args={"provider_id": "provider"}),
    Probe(
        "gateway:provider", "POST", {"provider_id": "provider"}, body=PAGE_OF_PROVIDER, media=FORM,
        shows=False,
    ),
    *(
        Probe(
            "gateway:act", "POST", {"provider_id": "spare_provider", "name": name}, note=name,
            shows=False,
        )
        for name in ("test", "models", "use", "disable", "enable", "delete")
    ),
    Probe("gateway:call", args={"call_id": "call"}),
    Probe("gateway:call_body", args={"call_id": "call"}),
    Probe("gateway:routes", **LIST),
    Probe("gateway:allowed", **NOBODYS),
    Probe("gateway:allowed", "POST", body={"patterns": "*"}, media=FORM, **NOBODYS),
    Probe("gateway:guards", **NOBODYS),
    Probe("gateway:guards", "POST", body=GUARDS_FORM, media=FORM, **NOBODYS),
    Probe("gateway:try_guards", "POST", body=TRIED, media=FORM, **NOBODYS),
    Probe("gateway:route_guards", args={"alias": "route"}),
    Probe("gateway:route_guards", "POST", {"alias": "route"}, body={"own": "own"}, media=FORM, shows=False),
    Probe("gateway:try_route_guards", "POST", {"alias": "route"}, body=TRIED, media=FORM),
    Probe("gateway:decide", args={"alias": "route"}, query="characters=10"),
    Probe(
        "gateway:restore_route", "POST", {"alias": "route", "number": "1"}, shows=False
    ),
    Probe("gateway:new_route", **NOBODYS),
    Probe(
        "gateway:new_route", "POST", body={"alias": "newer", **TARGET_ROWS}, media=FORM, **NOBODYS
    ),
    Probe("gateway:route", args={"alias": "route"}),
    Probe("gateway:route", "POST", {"alias": "route"}, body={**TARGET_ROWS, "form-INITIAL_FORMS": "1"}, media=FORM, shows=False),
    Probe("gateway:set_cache", "POST", {"alias": "route"}, body={"ttl_s": "300"}, media=FORM, shows=False),
    Probe("gateway:purge_cache", "POST", {"alias": "route"}, shows=False),
    Probe("gateway:evict_answer", "POST", {"call_id": "cached_call"}, shows=False),
    Probe("gateway:delete_route", "POST", {"alias": "spare_route"}, shows=False),
]  # fmt: skip

"""Requests about the model gateway: providers, routes, prices, calls and usage."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api

# A name that nobody can have (RFC 2606): asking it ends at the resolver.
NOWHERE = "https://models.invalid/v1"
PROVIDER = {
    "name": "New",
    "kind": "openai_compatible",
    "base_url": NOWHERE,
    "credential": "sk-of-a-test",
    "default_model": "any",
}
TARGETS = [{"provider": "built-in"}]
TARGET_ROWS = {
    "form-TOTAL_FORMS": "1",
    "form-INITIAL_FORMS": "0",
    "form-0-provider": "built-in",
}
ALLOWED = {"patterns": ["*"], "regions": []}
PRICE = {"provider": "x", "model": "y", "input_usd": "1", "output_usd": "2"}
PAGE_OF_PROVIDER = {"name": "Renamed", "base_url": NOWHERE, "default_model": "any", "answers": ""}

GATEWAY = [
    api("provider-list", **LIST),
    api("provider-list", "POST", body=PROVIDER, **NOBODYS),
    api("provider-detail", pk="provider"),
    api("provider-detail", "PATCH", pk="provider", body={"name": "Renamed"}, shows=False),
    api("provider-detail", "DELETE", pk="spare_provider", shows=False),
    api("provider-try-", "POST", pk="provider", body={}),
    api("route-list", **LIST),
    api("route-list", "POST", body={"alias": "new", "targets": TARGETS}, **NOBODYS),
    Probe("api:route-detail", args={"alias": "route"}),
    Probe("api:route-detail", "PATCH", args={"alias": "route"}, body={"description": "x"}),
    Probe("api:route-detail", "DELETE", args={"alias": "spare_route"}, shows=False),
    Probe("api:route-versions", args={"alias": "route"}),
    Probe("api:route-restore", "POST", args={"alias": "route"}, body={"version": 1}),
    Probe("api:route-decide", "POST", args={"alias": "route"}, body={}, shows=False),
    api("allowed-models", **LIST),
    api("allowed-models", "PUT", body=ALLOWED, **NOBODYS),
    api("price-list", **LIST),
    api("price-list", "POST", body=PRICE, **NOBODYS),
    api("price-detail", "DELETE", pk="price", shows=False),
    api("call-list", **LIST),
    api("call-list", query="route={route}", note="of a route", **LIST),
    Probe("api:call-decision", args={"call_id": "call"}, shows=False),
    api("usage", **LIST),
    Probe("gateway:overview", **LIST),
    Probe("gateway:calls", **LIST),
    Probe("gateway:usage", **LIST),
    Probe("gateway:new_provider", **NOBODYS),
    Probe(
        "gateway:new_provider", "POST", body={**PROVIDER, "answers": ""}, media=FORM, **NOBODYS
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
        for name in ("test", "disable", "enable", "delete")
    ),
    Probe("gateway:call", args={"call_id": "call"}),
    Probe("gateway:routes", **LIST),
    Probe("gateway:allowed", **NOBODYS),
    Probe("gateway:allowed", "POST", body={"patterns": "*"}, media=FORM, **NOBODYS),
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
    Probe("gateway:delete_route", "POST", {"alias": "spare_route"}, shows=False),
]  # fmt: skip

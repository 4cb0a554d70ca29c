"""Addresses of the RelayCore pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.gateway import views
from apps.gateway.advisor import views as advisor
from apps.gateway.budgets import views as budgets
from apps.gateway.cache import views as kept
from apps.gateway.costs import views as costs
from apps.gateway.guard_rules import views as guards
from apps.gateway.kept import views as bodies
from apps.gateway.playground import views as playground
from apps.gateway.prices import views as prices
from apps.gateway.prompts import views as prompts
from apps.gateway.providers import key_views as provider_keys
from apps.gateway.providers import views as providers
from apps.gateway.route_pages import views as routes
from apps.gateway.takeover import views as takeover
from apps.gateway.virtual_keys import views as keys

app_name = "gateway"
urlpatterns = [
    path("relaycore/", views.overview, name="overview"),
    path("relaycore/calls/", views.calls, name="calls"),
    path("relaycore/keys/", keys.keys, name="keys"),
    path("relaycore/keys/new/", keys.new_key, name="new_key"),
    path("relaycore/keys/<uuid:key_id>/", keys.key, name="key"),
    path("relaycore/keys/<uuid:key_id>/rotate/", keys.rotate_key, name="rotate_key"),
    re_path(
        rf"^relaycore/keys/(?P<key_id>{UUID_PATTERN})/(?P<name>revoke|end-rotation)/$",
        keys.end_key,
        name="end_key",
    ),
    path("relaycore/providers/", providers.list_, name="providers"),
    path("relaycore/providers/take-over/", takeover.take_over, name="take_over"),
    path("relaycore/providers/new/", providers.choose, name="new_provider"),
    path("relaycore/providers/new/<str:entry>/", providers.connect, name="connect"),
    path("relaycore/providers/<uuid:provider_id>/", providers.detail, name="provider"),
    re_path(
        rf"^relaycore/providers/(?P<provider_id>{UUID_PATTERN})/(?P<name>test|models|use|enable|disable|delete)/$",
        providers.act,
        name="act",
    ),
    path(
        "relaycore/providers/<uuid:provider_id>/keys/new/",
        provider_keys.new_key,
        name="new_provider_key",
    ),
    path(
        "relaycore/providers/<uuid:provider_id>/keys/<uuid:key_id>/",
        provider_keys.key,
        name="provider_key",
    ),
    path(
        "relaycore/providers/<uuid:provider_id>/keys/<uuid:key_id>/rotate/",
        provider_keys.rotate,
        name="rotate_provider_key",
    ),
    re_path(
        rf"^relaycore/providers/(?P<provider_id>{UUID_PATTERN})/keys/(?P<key_id>{UUID_PATTERN})/(?P<name>test|enable|disable|remove)/$",
        provider_keys.act_on_key,
        name="act_on_provider_key",
    ),
    path("relaycore/calls/<uuid:call_id>/", routes.why, name="call"),
    path("relaycore/calls/<uuid:call_id>/body/", bodies.body, name="call_body"),
    path("relaycore/new-route/", routes.new, name="new_route"),
    path("relaycore/allowed/", routes.allowed, name="allowed"),
    path("relaycore/guards/", guards.workspace, name="guards"),
    path("relaycore/guards/try/", guards.try_workspace, name="try_guards"),
    path("relaycore/routes/", routes.list_, name="routes"),
    path("relaycore/routes/<str:alias>/", routes.detail, name="route"),
    path("relaycore/routes/<str:alias>/delete/", routes.delete, name="delete_route"),
    path("relaycore/routes/<str:alias>/decide/", routes.decide, name="decide"),
    path(
        "relaycore/routes/<str:alias>/versions/<int:number>/restore/",
        routes.restore,
        name="restore_route",
    ),
    path("relaycore/routes/<str:alias>/guards/", guards.route, name="route_guards"),
    path("relaycore/routes/<str:alias>/guards/try/", guards.try_route, name="try_route_guards"),
    path("relaycore/routes/<str:alias>/cache/", kept.set_cache, name="set_cache"),
    path("relaycore/routes/<str:alias>/purge/", kept.purge_cache, name="purge_cache"),
    path("relaycore/calls/<uuid:call_id>/forget/", kept.evict_answer, name="evict_answer"),
    path("relaycore/advice/", advisor.list_, name="advice"),
    re_path(
        rf"^relaycore/advice/(?P<advice_id>{UUID_PATTERN})/(?P<name>apply|undo|dismiss)/$",
        advisor.act,
        name="act_on_advice",
    ),
    path("relaycore/budgets/", budgets.list_, name="budgets"),
    path("relaycore/budgets/new/", budgets.new, name="new_budget"),
    path("relaycore/budgets/rules/", budgets.rules, name="budget_rules"),
    path("relaycore/budgets/<uuid:budget_id>/", budgets.detail, name="budget"),
    path("relaycore/budgets/<uuid:budget_id>/delete/", budgets.delete, name="delete_budget"),
    path("relaycore/prices/", prices.list_, name="prices"),
    path("relaycore/prices/new/", prices.new, name="new_price"),
    path("relaycore/prices/<uuid:price_id>/", prices.detail, name="price"),
    path("relaycore/prices/<uuid:price_id>/delete/", prices.delete, name="delete_price"),
    path("relaycore/playground/", playground.page, name="playground"),
    path("relaycore/playground/ask/", playground.ask, name="ask"),
    path("relaycore/prompts/", prompts.list_, name="prompts"),
    path("relaycore/new-prompt/", prompts.new, name="new_prompt"),
    path("relaycore/prompts/<str:slug>/", prompts.detail, name="prompt"),
    path("relaycore/prompts/<str:slug>/new-version/", prompts.new_version, name="new_version"),
    path("relaycore/prompts/<str:slug>/diff/", prompts.diff, name="prompt_diff"),
    path("relaycore/prompts/<str:slug>/delete/", prompts.delete, name="delete_prompt"),
    path("relaycore/prompts/<str:slug>/labels/", prompts.set_label, name="set_label"),
    path(
        "relaycore/prompts/<str:slug>/labels/<str:name>/remove/",
        prompts.remove_label,
        name="remove_label",
    ),
    path("usage/", costs.usage, name="usage"),
    path("usage/<str:by>/", costs.by, name="usage_by"),
    path("usage/<str:by>/export/", costs.export, name="export_usage"),
]

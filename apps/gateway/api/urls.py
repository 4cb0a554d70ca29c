"""Routes of the gateway's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.gateway.api import cache, guards, routes, views
from apps.gateway.api.advice import AdviceViewSet
from apps.gateway.api.budgets import BudgetViewSet, RulesView
from apps.gateway.api.known_providers import KnownProvidersView
from apps.gateway.api.prices import PriceViewSet
from apps.gateway.api.prompts import PromptLabelView, PromptVersionsView, PromptViewSet
from apps.gateway.api.provider_keys import (
    ProviderKeysView,
    ProviderKeyTrialView,
    ProviderKeyView,
)
from apps.gateway.api.usage import UsageByView
from apps.gateway.api.virtual_keys import VirtualKeyViewSet

router = SimpleRouter(use_regex_path=False)
router.register("gateway/providers", views.ProviderViewSet, basename="provider")
router.register("gateway/routes", routes.RouteViewSet, basename="route")
router.register("gateway/prices", PriceViewSet, basename="price")
router.register("gateway/prompts", PromptViewSet, basename="prompt")
router.register("gateway/budgets", BudgetViewSet, basename="budget")
router.register("gateway/advice", AdviceViewSet, basename="advice")
router.register("gateway/calls", views.CallViewSet, basename="call")
router.register("gateway/keys", VirtualKeyViewSet, basename="virtual-key")

OF_PROVIDER = "gateway/providers/<uuid:provider_id>/keys/"

urlpatterns = [
    path("gateway/known-providers/", KnownProvidersView.as_view(), name="known_providers"),
    path(OF_PROVIDER, ProviderKeysView.as_view(), name="provider-keys"),
    path(f"{OF_PROVIDER}<uuid:key_id>/", ProviderKeyView.as_view(), name="provider-key"),
    path(
        f"{OF_PROVIDER}<uuid:key_id>/try/", ProviderKeyTrialView.as_view(), name="provider-key-try"
    ),
    path("usage/", views.UsageView.as_view(), name="usage"),
    path("usage/by/<str:by>/", UsageByView.as_view(), name="usage-by"),
    path("gateway/routes/<str:alias>/cache/", cache.CacheView.as_view(), name="route-cache"),
    path("gateway/calls/<uuid:pk>/answer/", cache.CachedAnswerView.as_view(), name="call-answer"),
    path(
        "gateway/prompts/<str:slug>/versions/",
        PromptVersionsView.as_view({"get": "list", "post": "create"}),
        name="prompt-versions",
    ),
    path(
        "gateway/prompts/<str:slug>/versions/<int:number>/",
        PromptVersionsView.as_view({"get": "retrieve"}),
        name="prompt-version",
    ),
    path(
        "gateway/prompts/<str:slug>/labels/<str:name>/",
        PromptLabelView.as_view(),
        name="prompt-label",
    ),
    path("gateway/budget-rules/", RulesView.as_view(), name="budget-rules"),
    path("gateway/allowed/", routes.AllowedView.as_view(), name="allowed-models"),
    path(
        "gateway/calls/<uuid:call_id>/decision/",
        routes.DecisionView.as_view(),
        name="call-decision",
    ),
    path("gateway/calls/<uuid:call_id>/body/", guards.BodyView.as_view(), name="call-body"),
    path("gateway/guards/", guards.GuardsView.as_view(), name="guards"),
    path("gateway/guards/try/", guards.TryView.as_view(), name="guards-try"),
    path("gateway/guards/counts/", guards.CountsView.as_view(), name="guards-counts"),
    *router.urls,
]

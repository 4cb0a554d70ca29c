"""Routes of the gateway's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.gateway.api import routes, views

router = SimpleRouter(use_regex_path=False)
router.register("gateway/providers", views.ProviderViewSet, basename="provider")
router.register("gateway/routes", routes.RouteViewSet, basename="route")
router.register("gateway/prices", views.PriceViewSet, basename="price")
router.register("gateway/calls", views.CallViewSet, basename="call")

urlpatterns = [
    path("usage/", views.UsageView.as_view(), name="usage"),
    path("gateway/allowed/", routes.AllowedView.as_view(), name="allowed-models"),
    path(
        "gateway/calls/<uuid:call_id>/decision/",
        routes.DecisionView.as_view(),
        name="call-decision",
    ),
    *router.urls,
]

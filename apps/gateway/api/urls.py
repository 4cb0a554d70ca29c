"""Routes of the gateway's API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.gateway.api import views
from apps.gateway.api.virtual_keys import VirtualKeyViewSet

router = SimpleRouter(use_regex_path=False)
router.register("gateway/providers", views.ProviderViewSet, basename="provider")
router.register("gateway/routes", views.RouteViewSet, basename="route")
router.register("gateway/prices", views.PriceViewSet, basename="price")
router.register("gateway/calls", views.CallViewSet, basename="call")
router.register("gateway/keys", VirtualKeyViewSet, basename="virtual-key")

urlpatterns = [path("usage/", views.UsageView.as_view(), name="usage"), *router.urls]

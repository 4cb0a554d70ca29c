"""Routes of the API of triggers."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.triggers.api import views

router = SimpleRouter(use_regex_path=False)
router.register("triggers", views.TriggerViewSet, basename="trigger")

deliveries = views.DeliveryViewSet.as_view({"get": "list"})
replay = views.DeliveryViewSet.as_view({"post": "replay"})
urlpatterns = [
    path("triggers/<uuid:trigger_id>/deliveries/", deliveries, name="trigger-deliveries"),
    path("triggers/<uuid:trigger_id>/deliveries/<uuid:pk>/replay/", replay, name="trigger-replay"),
    *router.urls,
]

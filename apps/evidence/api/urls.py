"""Routes of evidence packs."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.evidence.api import views

router = SimpleRouter(use_regex_path=False)
router.register("evidence-packs", views.PackViewSet, basename="evidence-pack")

urlpatterns = [
    path("evidence-packs/<uuid:pk>/file/", views.FileView.as_view(), name="evidence-pack-file"),
    *router.urls,
]

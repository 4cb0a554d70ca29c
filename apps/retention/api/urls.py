"""Routes of retention."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.retention.api import views

router = SimpleRouter(use_regex_path=False)
router.register("retention/holds", views.HoldViewSet, basename="retention-hold")
router.register("retention/jobs", views.JobViewSet, basename="retention-job")

urlpatterns = [path("retention/", views.RulesView.as_view(), name="retention"), *router.urls]

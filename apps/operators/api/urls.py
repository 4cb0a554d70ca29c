"""Routes of the platform API."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.operators.api.schema import description
from apps.operators.api.views import DeletionViewSet, WorkspaceViewSet

router = SimpleRouter(use_regex_path=False)
router.register("tenants", WorkspaceViewSet, basename="workspace")
router.register("deletions", DeletionViewSet, basename="deletion")

app_name = "platform"
urlpatterns = [path("schema/", description, name="schema"), *router.urls]

"""Routes of the trail."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.oversight.api import views

router = SimpleRouter(use_regex_path=False)
router.register("audit/entries", views.EntryViewSet, basename="audit-entry")
router.register("audit/verifications", views.VerificationViewSet, basename="audit-verification")

urlpatterns = [path("audit/chain/", views.ChainView.as_view(), name="audit-chain"), *router.urls]

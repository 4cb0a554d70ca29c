"""Routes of the trail."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.oversight.api import exports, streams, views

router = SimpleRouter(use_regex_path=False)
router.register("audit/entries", views.EntryViewSet, basename="audit-entry")
router.register("audit/verifications", views.VerificationViewSet, basename="audit-verification")
router.register("audit/exports", exports.ExportViewSet, basename="audit-export")
router.register("audit/streams", streams.StreamViewSet, basename="audit-stream")

urlpatterns = [
    path("audit/chain/", views.ChainView.as_view(), name="audit-chain"),
    path(
        "audit/exports/<uuid:pk>/pieces/<int:number>/",
        exports.PieceView.as_view(),
        name="audit-export-piece",
    ),
    *router.urls,
]

"""Routes of archives."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.portability.api import import_views, views

router = SimpleRouter(use_regex_path=False)
router.register("archives", views.ArchiveViewSet, basename="archive")
router.register("archive-imports", import_views.ArchiveImportViewSet, basename="archive-import")

urlpatterns = [
    path(
        "archives/<uuid:pk>/pieces/<int:number>/", views.PieceView.as_view(), name="archive-piece"
    ),
    path(
        "archive-imports/<uuid:pk>/pieces/<int:number>/",
        import_views.ImportPieceView.as_view(),
        name="archive-import-piece",
    ),
    *router.urls,
]

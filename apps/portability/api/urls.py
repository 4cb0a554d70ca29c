"""Routes of archives."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.portability.api import views

router = SimpleRouter(use_regex_path=False)
router.register("archives", views.ArchiveViewSet, basename="archive")

urlpatterns = [
    path(
        "archives/<uuid:pk>/pieces/<int:number>/", views.PieceView.as_view(), name="archive-piece"
    ),
    *router.urls,
]

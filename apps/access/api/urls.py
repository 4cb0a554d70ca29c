"""Routes of the report on access."""

from rest_framework.routers import SimpleRouter

from apps.access.api import views

router = SimpleRouter(use_regex_path=False)
router.register("access", views.HolderViewSet, basename="access")

urlpatterns = router.urls

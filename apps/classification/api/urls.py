"""Routes of classes of data."""

from rest_framework.routers import SimpleRouter

from apps.classification.api import views

router = SimpleRouter(use_regex_path=False)
router.register("data-classes", views.DataClassViewSet, basename="data-class")

urlpatterns = router.urls

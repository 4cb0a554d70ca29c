"""Routes of the API of credentials."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.credentials.api import views
from apps.credentials.api.data_key import DataKeyView

router = SimpleRouter(use_regex_path=False)
router.register("credentials", views.StoredCredentialViewSet, basename="credential")

urlpatterns = [
    path("data-key/", DataKeyView.as_view(), name="data-key"),
    path("credentials/kinds/", views.CredentialKindsView.as_view(), name="credential-kinds"),
    path(
        "credentials/<uuid:credential_id>/uses/",
        views.CredentialUsesView.as_view(),
        name="credential-uses",
    ),
    path(
        "credentials/<uuid:credential_id>/test/",
        views.CredentialTrialView.as_view(),
        name="credential-test",
    ),
    *router.urls,
]

"""A workspace's site."""

from typing import Any

from django.urls import include, path
from drf_spectacular.views import SpectacularJSONAPIView

from apps.accounts.api.docs import docs
from apps.common import errors_views, health

api: list[Any] = [
    path("", include("apps.accounts.api.urls")),
    path("", include("apps.nodes.api.urls")),
    path("", include("apps.notifications.api.urls")),
    path("", include("apps.comments.api.urls")),
    path("", include("apps.reviews.api.urls")),
    path("", include("apps.runs.api.urls")),
    path("", include("apps.classification.api.urls")),
    path("", include("apps.retention.api.urls")),
    path("", include("apps.oversight.api.urls")),
    path("", include("apps.access.api.urls")),
    path("", include("apps.portability.api.urls")),
    path("", include("apps.campaigns.api.urls")),
    path("", include("apps.evidence.api.urls")),
    path("", include("apps.triggers.api.urls")),
    path("", include("apps.credentials.api.urls")),
    path("", include("apps.gateway.api.urls")),
    path("", include("apps.breakers.api.urls")),
    path("", include("apps.collaboration.api.urls")),
    path("", include("apps.workflows.api.urls")),
    path("", include("apps.dashboard.api.urls")),
    path(
        "schema/",
        SpectacularJSONAPIView.as_view(permission_classes=[], authentication_classes=[]),
        name="schema",
    ),
]

urlpatterns = [
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("api/v1/", include((api, "api"))),
    path("api/docs/", docs, name="api-docs"),
    path("accounts/", include("apps.accounts.sign_in_urls")),
    path("", include("apps.accounts.urls")),
    path("", include("apps.identity.urls")),
    path("", include("apps.directory.urls")),
    path("scim/v2/", include("apps.directory.scim.urls")),
    path("", include("apps.onboarding.urls")),
    path("credentials/", include("apps.credentials.urls")),
    path("", include("apps.gateway.urls")),
    path("", include("apps.breakers.urls")),
    path("workflows/", include("apps.workflows.urls")),
    path("reviews/", include("apps.reviews.urls")),
    path("", include("apps.runs.urls")),
    path("", include("apps.notifications.urls")),
    path("", include("apps.retention.urls")),
    path("", include("apps.classification.urls")),
    path("", include("apps.operators.urls")),
    path("audit/", include("apps.oversight.urls")),
    path("access/", include("apps.access.urls")),
    path("archives/", include("apps.portability.urls")),
    path("access/reviews/", include("apps.campaigns.urls")),
    path("evidence/", include("apps.evidence.urls")),
    path("triggers/", include("apps.triggers.urls")),
    path("", include("apps.dashboard.urls")),
]

handler400 = errors_views.bad_request
handler403 = errors_views.forbidden
handler404 = errors_views.not_found
handler500 = errors_views.server_error

"""The public site: sign-up."""

from django.urls import include, path

from apps.common import errors_views, health
from apps.common.metrics import metrics

urlpatterns = [
    path("healthz/live", health.live),
    path("healthz/ready", health.ready),
    path("metrics", metrics, name="metrics"),
    path("", include("apps.onboarding.public_urls")),
]

handler400 = errors_views.bad_request
handler403 = errors_views.forbidden
handler404 = errors_views.not_found
handler500 = errors_views.server_error

"""The platform staff's site."""

from django.contrib import admin
from django.urls import include, path

from apps.accounts.views import link
from apps.common import errors_views

urlpatterns = [
    path("api/v1/", include("apps.operators.api.urls")),
    path("accounts/link/<str:uid>/<str:token>/", link, name="link"),
    path("accounts/", include("apps.accounts.sign_in_urls")),
    path("", admin.site.urls),
]

handler400 = errors_views.bad_request
handler403 = errors_views.forbidden
handler404 = errors_views.not_found
handler500 = errors_views.server_error

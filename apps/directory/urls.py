"""Addresses of the directories' pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.directory import import_views, setup_views, views

app_name = "directory"
base = rf"^single-sign-on/(?P<connection_id>{UUID_PATTERN})/directory"
job = rf"^members/import/(?P<job_id>{UUID_PATTERN})"
urlpatterns = [
    path("members/import/", import_views.imports, name="imports"),
    re_path(rf"{job}/$", import_views.one_import, name="import"),
    re_path(rf"{job}/start/$", import_views.start_import, name="start_import"),
    re_path(rf"{job}/discard/$", import_views.discard_import, name="discard_import"),
    re_path(rf"{base}/$", views.overview, name="overview"),
    re_path(rf"{base}/requests/$", views.requests, name="requests"),
    re_path(rf"{base}/tokens/$", views.make_token, name="make_token"),
    re_path(
        rf"{base}/tokens/(?P<token_id>{UUID_PATTERN})/revoke/$",
        views.revoke_token,
        name="revoke_token",
    ),
    re_path(rf"{base}/(?P<way>on|off)/$", views.switch, name="switch"),
    re_path(rf"{base}/cap/$", views.set_cap, name="set_cap"),
    re_path(rf"{base}/heir/$", views.set_heir, name="set_heir"),
    path("sso/setup/directory/", setup_views.overview, name="setup"),
    path("sso/setup/directory/requests/", setup_views.requests, name="setup_requests"),
    re_path(
        rf"^sso/setup/directory/tokens/(?P<token_id>{UUID_PATTERN})/revoke/$",
        setup_views.revoke_token,
        name="setup_revoke_token",
    ),
]

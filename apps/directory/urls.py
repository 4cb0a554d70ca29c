"""Addresses of the directories' pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.directory import setup_views, views

app_name = "directory"
base = rf"^single-sign-on/(?P<connection_id>{UUID_PATTERN})/directory"
urlpatterns = [
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
    path("sso/setup/directory/", setup_views.overview, name="setup"),
    path("sso/setup/directory/requests/", setup_views.requests, name="setup_requests"),
    re_path(
        rf"^sso/setup/directory/tokens/(?P<token_id>{UUID_PATTERN})/revoke/$",
        setup_views.revoke_token,
        name="setup_revoke_token",
    ),
]

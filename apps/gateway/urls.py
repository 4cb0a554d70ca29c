"""Addresses of the RelayCore pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.gateway import views
from apps.gateway.virtual_keys import views as keys

app_name = "gateway"
urlpatterns = [
    path("relaycore/", views.overview, name="overview"),
    path("relaycore/calls/", views.calls, name="calls"),
    path("relaycore/keys/", keys.keys, name="keys"),
    path("relaycore/keys/new/", keys.new_key, name="new_key"),
    path("relaycore/keys/<uuid:key_id>/", keys.key, name="key"),
    path("relaycore/keys/<uuid:key_id>/rotate/", keys.rotate_key, name="rotate_key"),
    re_path(
        rf"^relaycore/keys/(?P<key_id>{UUID_PATTERN})/(?P<name>revoke|end-rotation)/$",
        keys.end_key,
        name="end_key",
    ),
    path("relaycore/providers/new/", views.new_provider, name="new_provider"),
    path("relaycore/providers/<uuid:provider_id>/", views.provider, name="provider"),
    re_path(
        rf"^relaycore/providers/(?P<provider_id>{UUID_PATTERN})/(?P<name>test|enable|disable|delete)/$",
        views.act,
        name="act",
    ),
    path("relaycore/new-route/", views.new_route, name="new_route"),
    path("relaycore/routes/<str:alias>/", views.route, name="route"),
    path("relaycore/routes/<str:alias>/delete/", views.delete_route, name="delete_route"),
    path("usage/", views.usage, name="usage"),
]

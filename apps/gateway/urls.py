"""Addresses of the RelayCore pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.gateway import route_views, views

app_name = "gateway"
urlpatterns = [
    path("relaycore/", views.overview, name="overview"),
    path("relaycore/calls/", views.calls, name="calls"),
    path("relaycore/providers/new/", views.new_provider, name="new_provider"),
    path("relaycore/providers/<uuid:provider_id>/", views.provider, name="provider"),
    re_path(
        rf"^relaycore/providers/(?P<provider_id>{UUID_PATTERN})/(?P<name>test|enable|disable|delete)/$",
        views.act,
        name="act",
    ),
    path("relaycore/calls/<uuid:call_id>/", route_views.why, name="call"),
    path("relaycore/new-route/", route_views.new, name="new_route"),
    path("relaycore/allowed/", route_views.allowed, name="allowed"),
    path("relaycore/routes/", route_views.list_, name="routes"),
    path("relaycore/routes/<str:alias>/", route_views.detail, name="route"),
    path("relaycore/routes/<str:alias>/delete/", route_views.delete, name="delete_route"),
    path("relaycore/routes/<str:alias>/decide/", route_views.decide, name="decide"),
    path(
        "relaycore/routes/<str:alias>/versions/<int:number>/restore/",
        route_views.restore,
        name="restore_route",
    ),
    path("usage/", views.usage, name="usage"),
]

"""Addresses of the trigger pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.triggers import views

app_name = "triggers"
urlpatterns = [
    path("", views.list_triggers, name="list"),
    path("new/<slug:kind>/", views.new, name="new"),
    path("preview/", views.preview, name="preview"),
    path("<uuid:trigger_id>/", views.detail, name="detail"),
    path("<uuid:trigger_id>/edit/", views.edit, name="edit"),
    path("<uuid:trigger_id>/deliveries/", views.deliveries, name="deliveries"),
    path("<uuid:trigger_id>/deliveries/<uuid:delivery_id>/replay/", views.replay, name="replay"),
    re_path(
        rf"^(?P<trigger_id>{UUID_PATTERN})/(?P<name>enable|disable|listen|delete)/$",
        views.act,
        name="act",
    ),
]

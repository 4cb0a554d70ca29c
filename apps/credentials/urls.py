"""Addresses of the pages of credentials."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.credentials import views
from apps.credentials.data_keys import views as data_keys

app_name = "credentials"
urlpatterns = [
    path("", views.list_, name="list"),
    path("data-key/", data_keys.page, name="data_key"),
    path("new/", views.choose, name="choose"),
    path("new/<str:kind>/", views.new, name="new"),
    path("<uuid:credential_id>/", views.detail, name="detail"),
    path("<uuid:credential_id>/rotate/", views.rotate, name="rotate"),
    path("<uuid:credential_id>/test/", views.try_out, name="test"),
    re_path(
        rf"^(?P<credential_id>{UUID_PATTERN})/(?P<name>enable|disable|delete)/$",
        views.act,
        name="act",
    ),
]

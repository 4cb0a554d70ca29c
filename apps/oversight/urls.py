"""Addresses of the audit log."""

from django.urls import path

from apps.oversight import export_views, stream_views, views

app_name = "oversight"
urlpatterns = [
    path("", views.trail, name="trail"),
    path("verify/", views.verify, name="verify"),
    path("entries/<uuid:entry_id>/", views.entry, name="entry"),
    path("streams/", stream_views.streams, name="streams"),
    path("streams/new/<slug:kind>/", stream_views.new, name="new_stream"),
    path("streams/<uuid:stream_id>/<slug:action>/", stream_views.act, name="act_on_stream"),
    path("exports/", export_views.exports, name="exports"),
    path("exports/new/", export_views.start, name="start_export"),
    path("exports/<uuid:export_id>/file/", export_views.file, name="export_file"),
]

"""Addresses of archives."""

from django.urls import path

from apps.portability import import_views, views

app_name = "portability"
urlpatterns = [
    path("", views.archives, name="archives"),
    path("contents/", views.contents, name="contents"),
    path("new/", views.start, name="start"),
    path("imports/", import_views.imports, name="imports"),
    path("imports/<uuid:job_id>/", import_views.one_import, name="import"),
    path("imports/<uuid:job_id>/start/", import_views.start_import, name="start_import"),
    path("imports/<uuid:job_id>/cancel/", import_views.cancel_import, name="cancel_import"),
    path("history/", import_views.history, name="history"),
    path("<uuid:export_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:export_id>/delete/", views.delete, name="delete"),
    path("<uuid:export_id>/file/", views.file, name="file"),
]

"""Addresses of archives."""

from django.urls import path

from apps.portability import views

app_name = "portability"
urlpatterns = [
    path("", views.archives, name="archives"),
    path("contents/", views.contents, name="contents"),
    path("new/", views.start, name="start"),
    path("<uuid:export_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:export_id>/delete/", views.delete, name="delete"),
    path("<uuid:export_id>/file/", views.file, name="file"),
]

"""Addresses of evidence packs."""

from django.urls import path

from apps.evidence import views

app_name = "evidence"
urlpatterns = [
    path("", views.list_, name="list"),
    path("new/", views.start, name="start"),
    path("<uuid:pack_id>/file/", views.file, name="file"),
    path("<uuid:pack_id>/cancel/", views.cancel, name="cancel"),
    path("<uuid:pack_id>/delete/", views.delete, name="delete"),
]

"""Addresses of the audit log."""

from django.urls import path

from apps.oversight import views

app_name = "oversight"
urlpatterns = [
    path("", views.trail, name="trail"),
    path("verify/", views.verify, name="verify"),
    path("entries/<uuid:entry_id>/", views.entry, name="entry"),
]

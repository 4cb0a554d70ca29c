"""Addresses of the report on access."""

from django.urls import path

from apps.access import views

app_name = "access"
urlpatterns = [
    path("", views.report, name="report"),
    path("export/", views.export, name="export"),
]

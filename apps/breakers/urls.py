"""Addresses of the page of services."""

from django.urls import path

from apps.breakers import views

app_name = "breakers"
urlpatterns = [
    path("services/", views.list_, name="list"),
    path("services/<slug:service_id>/try/", views.try_, name="try"),
]

"""Addresses of the trigger pages."""

from django.urls import URLPattern

app_name = "triggers"
urlpatterns: list[URLPattern] = []

"""Addresses on a workspace's own site."""

from django.urls import path

from apps.operators import views

app_name = "operators"
urlpatterns = [
    path("workspace/delete/", views.end, name="end"),
    path("workspace/keep/", views.keep, name="keep"),
]

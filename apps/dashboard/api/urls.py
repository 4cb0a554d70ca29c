"""Routes of the dashboard's API."""

from django.urls import path

from apps.dashboard.api import views

urlpatterns = [path("limits/", views.LimitsView.as_view(), name="limits")]

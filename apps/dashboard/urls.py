"""Addresses of the home page and of what belongs to the frame."""

from django.urls import path

from apps.dashboard import views

app_name = "dashboard"
urlpatterns = [
    path("", views.home, name="home"),
    path("search/", views.search, name="search"),
    path("limits/", views.limits, name="limits"),
    path("theme/", views.theme, name="theme"),
]

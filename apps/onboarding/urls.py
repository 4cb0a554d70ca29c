"""Addresses on a workspace's site."""

from django.urls import path

from apps.onboarding import views

app_name = "onboarding"
urlpatterns = [path("arrive/<str:signed>/", views.arrive, name="arrive")]

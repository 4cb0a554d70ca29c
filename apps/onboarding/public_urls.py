"""Addresses on the public site."""

from django.urls import path

from apps.onboarding import views

app_name = "onboarding"
urlpatterns = [
    path("", views.start, name="start"),
    path("start/address/", views.check_slug, name="check_slug"),
    path("start/<str:token>/", views.finish, name="finish"),
    path("find/", views.find, name="find"),
]

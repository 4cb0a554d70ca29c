"""Addresses of the pages of classes of data."""

from django.urls import path

from apps.classification import views

app_name = "classification"
urlpatterns = [
    path("data-classes/", views.list_, name="list"),
    path("data-classes/new/", views.new, name="new"),
    path("data-classes/<slug:slug>/", views.detail, name="detail"),
    path("data-classes/<slug:slug>/change/", views.change, name="change"),
    path("data-classes/<slug:slug>/remove/", views.remove, name="remove"),
]

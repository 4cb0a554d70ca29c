"""Addresses on a workspace's own site."""

from django.urls import path

from apps.operators import support_views, views

app_name = "operators"
urlpatterns = [
    path("workspace/delete/", views.end, name="end"),
    path("workspace/keep/", views.keep, name="keep"),
    path("support/", support_views.accesses, name="support"),
    path("support/<uuid:access_id>/approve/", support_views.approve, name="approve"),
    path("support/<uuid:access_id>/refuse/", support_views.refuse, name="refuse"),
    path("support/<uuid:access_id>/withdraw/", support_views.withdraw, name="withdraw"),
    path("support/<uuid:access_id>/enter/<str:token>/", support_views.enter, name="enter"),
]

"""Addresses of the retention page."""

from django.urls import path

from apps.retention import views

app_name = "retention"
urlpatterns = [
    path("retention/", views.overview, name="overview"),
    path("retention/rules/", views.change_rules, name="change_rules"),
    path("retention/holds/", views.place_hold, name="place_hold"),
    path("retention/holds/<uuid:hold_id>/release/", views.release_hold, name="release_hold"),
    path("retention/jobs/", views.start_job, name="start_job"),
    path("retention/jobs/<uuid:job_id>/", views.job, name="job"),
]

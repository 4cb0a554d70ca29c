"""Addresses of the workflow pages."""

from django.urls import path, re_path

from apps.common.ids import UUID_PATTERN
from apps.workflows import views

app_name = "workflows"
NAMES = "|".join([*views.ACTIONS, "unarchive"])
urlpatterns = [
    path("", views.list_workflows, name="list"),
    path("new/", views.create, name="create"),
    path("import/", views.import_file, name="import"),
    path("<uuid:workflow_id>/", views.studio, name="studio"),
    path("<uuid:workflow_id>/export/", views.export, name="export"),
    path("<uuid:workflow_id>/runbook/", views.runbook, name="runbook"),
    path("<uuid:workflow_id>/runbook.md", views.runbook_file, name="runbook_file"),
    path("<uuid:workflow_id>/details/", views.details, name="details"),
    re_path(rf"^(?P<workflow_id>{UUID_PATTERN})/(?P<name>{NAMES})/$", views.act, name="act"),
]

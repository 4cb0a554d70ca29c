"""Addresses of the run and approval pages."""

from django.urls import path

from apps.runs.approval_pages import link_views
from apps.runs.approval_pages import views as approvals
from apps.runs.pages import control_views, listing, saved_views, views, withheld_views

app_name = "runs"
urlpatterns = [
    path("runs/", listing.list_runs, name="list"),
    path("runs/newer/", listing.newer, name="newer"),
    path("runs/views/", saved_views.save, name="views"),
    path("runs/views/<uuid:view_id>/", saved_views.view, name="view"),
    path("runs/views/<uuid:view_id>/delete/", saved_views.delete, name="delete_view"),
    path("runs/<uuid:run_id>/", views.detail, name="detail"),
    path("runs/<uuid:run_id>/row/", listing.row, name="row"),
    path("runs/<uuid:run_id>/cancel/", control_views.cancel, name="cancel"),
    path("runs/<uuid:run_id>/pause/", control_views.pause, name="pause"),
    path("runs/<uuid:run_id>/resume/", control_views.resume, name="resume"),
    path("runs/<uuid:run_id>/retry/", control_views.retry, name="retry"),
    path("runs/<uuid:run_id>/again/", control_views.again, name="again"),
    path("runs/<uuid:run_id>/terminate/", control_views.terminate, name="terminate"),
    path("runs/<uuid:run_id>/rerun/", control_views.rerun, name="rerun"),
    path("runs/<uuid:run_id>/keep/", control_views.keep, name="keep"),
    path("runs/<uuid:run_id>/settle/", control_views.settle, name="settle"),
    path("runs/<uuid:run_id>/move/<int:version>/", control_views.move, name="move"),
    path("runs/<uuid:run_id>/reveal/", withheld_views.reveal, name="reveal"),
    path("runs/<uuid:run_id>/erase/", withheld_views.erase, name="erase"),
    path("runs/many/", control_views.many, name="many"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/by-mail/<str:token>/", link_views.by_mail, name="by_mail"),
    path("approvals/<uuid:wait_id>/", approvals.approval, name="approval"),
    path("approvals/<uuid:wait_id>/decide/", approvals.decide, name="decide"),
]

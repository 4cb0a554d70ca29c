"""Addresses of the run and approval pages."""

from django.urls import path

from apps.runs import approval_views, link_views, views

app_name = "runs"
urlpatterns = [
    path("runs/", views.list_runs, name="list"),
    path("runs/newer/", views.newer, name="newer"),
    path("runs/<uuid:run_id>/", views.detail, name="detail"),
    path("runs/<uuid:run_id>/row/", views.row, name="row"),
    path("runs/<uuid:run_id>/cancel/", views.cancel, name="cancel"),
    path("runs/<uuid:run_id>/pause/", views.pause, name="pause"),
    path("runs/<uuid:run_id>/resume/", views.resume, name="resume"),
    path("runs/<uuid:run_id>/retry/", views.retry, name="retry"),
    path("runs/<uuid:run_id>/again/", views.again, name="again"),
    path("approvals/", approval_views.approvals, name="approvals"),
    path("approvals/by-mail/<str:token>/", link_views.by_mail, name="by_mail"),
    path("approvals/<uuid:wait_id>/", approval_views.approval, name="approval"),
    path("approvals/<uuid:wait_id>/decide/", approval_views.decide, name="decide"),
]

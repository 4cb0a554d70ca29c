"""Routes of runs and approvals."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from apps.common.ids import UUID_PATTERN
from apps.runs.api import views
from apps.runs.api.saved_views import SavedViewViewSet
from apps.runs.api.streams import streaming, waiting
from apps.runs.api.usual_views import UsualView
from apps.runs.api.withheld_views import WithheldView

router = SimpleRouter(use_regex_path=False)
router.register("runs/views", SavedViewViewSet, basename="run-view")  # before the runs' own ids
router.register("runs", views.RunViewSet, basename="run")
router.register("approvals", views.ApprovalViewSet, basename="approval")

of_workflow = views.WorkflowRunsView.as_view({"get": "list", "post": "create"})
events = views.EventsView.as_view({"get": "retrieve"})
reveal = WithheldView.as_view({"get": "retrieve", "post": "create", "delete": "destroy"})
run_signal = views.RunSignalView.as_view({"post": "create"})
urlpatterns = [
    path("workflows/<uuid:pk>/runs/", waiting(of_workflow), name="workflow-runs"),
    path("workflows/<uuid:pk>/usual/", UsualView.as_view(), name="workflow-usual"),
    path("runs/<uuid:pk>/events/", streaming(events), name="run-events"),
    re_path(
        rf"^runs/(?P<pk>{UUID_PATTERN})/nodes/(?P<node>[a-z][a-z0-9_]*)/(?P<name>input|output)/$",
        views.NodeValueView.as_view({"get": "retrieve"}),
        name="run-node-value",
    ),
    path("runs/<uuid:pk>/withheld/", reveal, name="run-withheld"),
    path("signals/", views.SignalView.as_view(), name="signals"),
    path("runs/<uuid:pk>/signal/", run_signal, name="run-signal"),
    *router.urls,
]

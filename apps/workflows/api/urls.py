"""Routes of workflows."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from apps.common.ids import UUID_PATTERN
from apps.workflows.api import (
    document_views,
    history_views,
    runbook_views,
    trying_views,
    views,
)

router = SimpleRouter(use_regex_path=False)
router.register("workflows", views.WorkflowViewSet, basename="workflow")
router.register("folders", document_views.FolderViewSet, basename="folder")

versions = document_views.VersionsView
point = history_views.PointView
urlpatterns = [
    path(
        "workflows/<uuid:pk>/history/",
        history_views.HistoryView.as_view({"get": "list", "post": "create"}),
        name="workflow-history",
    ),
    path(
        "workflows/<uuid:pk>/history/<uuid:point_id>/",
        point.as_view({"get": "retrieve", "patch": "partial_update"}),
        name="workflow-point",
    ),
    path(
        "workflows/<uuid:pk>/history/<uuid:point_id>/diff/",
        point.as_view({"get": "diff"}),
        name="workflow-point-diff",
    ),
    path(
        "workflows/<uuid:pk>/history/<uuid:point_id>/restore/",
        point.as_view({"post": "restore"}),
        name="workflow-point-restore",
    ),
    path(
        "workflows/<uuid:pk>/history/authors/",
        history_views.AuthorsView.as_view(),
        name="workflow-history-authors",
    ),
    path(
        "workflows/<uuid:pk>/contributions/",
        history_views.ContributionsView.as_view(),
        name="workflow-contributions",
    ),
    path(
        "workflows/<uuid:pk>/updates/",
        document_views.UpdatesView.as_view(),
        name="workflow-updates",
    ),
    path(
        "workflows/<uuid:pk>/versions/", versions.as_view({"get": "list"}), name="workflow-versions"
    ),
    path(
        "workflows/<uuid:pk>/versions/<int:number>/",
        versions.as_view({"get": "retrieve"}),
        name="workflow-version",
    ),
    path(
        "workflows/<uuid:pk>/versions/<int:number>/restore/",
        versions.as_view({"post": "restore"}),
        name="workflow-version-restore",
    ),
    path(
        "workflows/<uuid:pk>/preview/",
        document_views.PreviewView.as_view(),
        name="workflow-preview",
    ),
    path("workflows/<uuid:pk>/pins/", trying_views.PinsView.as_view(), name="workflow-pins"),
    re_path(
        rf"^workflows/(?P<pk>{UUID_PATTERN})/pins/(?P<node>[a-z][a-z0-9_]*)/$",
        trying_views.PinView.as_view(),
        name="workflow-pin",
    ),
    path(
        "workflows/<uuid:pk>/data-sets/",
        trying_views.DataSetsView.as_view(),
        name="workflow-data-sets",
    ),
    path(
        "workflows/<uuid:pk>/data-sets/<uuid:set_id>/",
        trying_views.DataSetView.as_view(),
        name="workflow-data-set",
    ),
    path(
        "workflows/<uuid:pk>/runbook/", runbook_views.RunbookView.as_view(), name="workflow-runbook"
    ),
    path("workflows/<uuid:pk>/images/", runbook_views.ImagesView.as_view(), name="workflow-images"),
    path(
        "workflows/<uuid:pk>/images/<uuid:image_id>/",
        runbook_views.ImageView.as_view(),
        name="workflow-image",
    ),
    path("expressions/check/", document_views.ExpressionView.as_view(), name="expression-check"),
    path("workflow-starts/", document_views.StartsView.as_view(), name="workflow-starts"),
    path(
        "schemas/definition.json",
        document_views.DefinitionSchemaView.as_view(),
        name="definition-schema",
    ),
    *router.urls,
]

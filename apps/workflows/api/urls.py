"""Routes of workflows."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.workflows.api import document_views, views

router = SimpleRouter(use_regex_path=False)
router.register("workflows", views.WorkflowViewSet, basename="workflow")
router.register("folders", document_views.FolderViewSet, basename="folder")

versions = document_views.VersionsView
urlpatterns = [
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
    path("expressions/check/", document_views.ExpressionView.as_view(), name="expression-check"),
    path(
        "schemas/definition.json",
        document_views.DefinitionSchemaView.as_view(),
        name="definition-schema",
    ),
    *router.urls,
]

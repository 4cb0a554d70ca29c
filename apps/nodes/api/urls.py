"""Routes of the node catalogue."""

from django.urls import path

from apps.nodes.api.views import NodeTypesView

urlpatterns = [path("node-types/", NodeTypesView.as_view(), name="node-types")]

"""Routes of the node catalogue."""

from django.urls import path

from apps.nodes.api.views import FireTimesView, NodeTypesView

urlpatterns = [
    path("node-types/", NodeTypesView.as_view(), name="node-types"),
    path("fire-times/", FireTimesView.as_view(), name="fire-times"),
]

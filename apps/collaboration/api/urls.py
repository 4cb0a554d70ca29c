"""Routes of editing together."""

from django.urls import path

from apps.collaboration.api import views
from apps.collaboration.api.streams import ChangeFeed, change_lines
from apps.runs.api.streams import streaming

changes = streaming(views.ChangesView.as_view(), ChangeFeed, change_lines)
urlpatterns = [
    path("workflows/<uuid:pk>/changes/", changes, name="workflow-changes"),
    path("workflows/<uuid:pk>/ticket/", views.TicketView.as_view(), name="workflow-ticket"),
]

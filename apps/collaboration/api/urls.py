"""Routes of editing together."""

from django.urls import path

from apps.collaboration.api import views

urlpatterns = [
    path("workflows/<uuid:pk>/ticket/", views.TicketView.as_view(), name="workflow-ticket"),
]

"""Routes of the API of services."""

from django.urls import path

from apps.breakers.api import views

urlpatterns = [
    path("services/", views.ServicesView.as_view(), name="service-list"),
    path("services/<slug:service_id>/", views.ServiceView.as_view(), name="service-detail"),
    path("services/<slug:service_id>/try/", views.TryView.as_view(), name="service-try"),
]

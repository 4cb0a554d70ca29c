"""Addresses of the notification pages."""

from django.urls import path

from apps.notifications import views

app_name = "notifications"
urlpatterns = [
    path("notifications/", views.list_notifications, name="list"),
    path("notifications/read/", views.read_all, name="read_all"),
    path("notifications/mailed/", views.preferences, name="preferences"),
    path("notifications/<uuid:notification_id>/open/", views.open_notification, name="open"),
    path("mails/", views.mails, name="mails"),
    path("mails/<uuid:mail_id>/again/", views.send_again, name="send_again"),
]

"""Addresses of the pages of reviews."""

from django.urls import path

from apps.reviews import views

app_name = "reviews"
urlpatterns = [
    path("", views.list_, name="list"),
    path("rules/", views.rules, name="rules"),
    path("rules/new/", views.add_rule, name="add_rule"),
    path("rules/<uuid:rule_id>/", views.change_rule, name="change_rule"),
    path("rules/<uuid:rule_id>/remove/", views.remove_rule, name="remove_rule"),
    path("<uuid:review_id>/", views.detail, name="detail"),
    path("<uuid:review_id>/answer/", views.answer, name="answer"),
    path("<uuid:review_id>/comment/", views.comment, name="comment"),
    path("<uuid:review_id>/comments/<uuid:thread_id>/", views.reply, name="reply"),
    path("<uuid:review_id>/comments/<uuid:thread_id>/resolve/", views.resolve, name="resolve"),
    path("<uuid:review_id>/withdraw/", views.withdraw, name="withdraw"),
]

"""Routes of comments."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.comments.api import views

router = SimpleRouter(use_regex_path=False)
router.register("comment-threads", views.ThreadViewSet, basename="comment-thread")

urlpatterns = [
    path(
        "workflows/<uuid:pk>/comment-threads/",
        views.WorkflowThreadsView.as_view({"get": "list", "post": "create"}),
        name="workflow-comment-threads",
    ),
    path(
        "workflows/<uuid:pk>/comment-threads/read/",
        views.WorkflowReadView.as_view({"post": "create"}),
        name="workflow-comments-read",
    ),
    path(
        "workflows/<uuid:pk>/mentionable/",
        views.MentionableView.as_view(),
        name="workflow-mentionable",
    ),
    path(
        "comment-threads/<uuid:pk>/read/",
        views.ThreadReadView.as_view({"post": "create"}),
        name="comment-thread-read",
    ),
    path(
        "comment-threads/<uuid:pk>/comments/",
        views.CommentsView.as_view({"get": "list", "post": "create"}),
        name="thread-comments",
    ),
    path(
        "comment-threads/<uuid:pk>/comments/<uuid:comment_id>/",
        views.CommentsView.as_view({"patch": "partial_update", "delete": "destroy"}),
        name="thread-comment",
    ),
    *router.urls,
]

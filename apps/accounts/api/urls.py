"""Routes of members, roles and keys."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.accounts.api import session_views, views

router = SimpleRouter(use_regex_path=False)
router.register("members", views.MemberViewSet, basename="member")
router.register("invitations", views.InvitationViewSet, basename="invitation")
router.register("roles", views.RoleViewSet, basename="role")
router.register("api-keys", views.ApiKeyViewSet, basename="api-key")

urlpatterns = [
    path("me/", views.MeView.as_view(), name="me"),
    path("session/", session_views.SessionView.as_view(), name="session"),
    *router.urls,
]

"""Routes of members, groups, roles and keys."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.accounts.api import rights_views, session_views, sign_in_views, views

router = SimpleRouter(use_regex_path=False)
router.register("members", views.MemberViewSet, basename="member")
router.register("invitations", views.InvitationViewSet, basename="invitation")
router.register("roles", rights_views.RoleViewSet, basename="role")
router.register("groups", rights_views.GroupViewSet, basename="group")
router.register("sessions", sign_in_views.SignInViewSet, basename="sign-in")
router.register("api-keys", views.ApiKeyViewSet, basename="api-key")

urlpatterns = [
    path("me/", views.MeView.as_view(), name="me"),
    path("session/", session_views.SessionView.as_view(), name="session"),
    path("sign-in-rules/", sign_in_views.SignInRulesView.as_view(), name="sign-in-rules"),
    path("me/permissions/", rights_views.MyPermissionsView.as_view(), name="my-permissions"),
    path(
        "groups/<uuid:pk>/members/",
        rights_views.GroupMembersView.as_view({"get": "list", "post": "create"}),
        name="group-members",
    ),
    path(
        "groups/<uuid:pk>/members/<uuid:user_id>/",
        rights_views.GroupMembersView.as_view({"delete": "destroy"}),
        name="group-member",
    ),
    path(
        "folders/<uuid:pk>/rights/",
        rights_views.FolderRightsView.as_view({"get": "list", "post": "create"}),
        name="folder-rights",
    ),
    path(
        "folders/<uuid:pk>/rights/<uuid:right_id>/",
        rights_views.FolderRightsView.as_view({"delete": "destroy"}),
        name="folder-right",
    ),
    *router.urls,
]

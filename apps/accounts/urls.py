"""Addresses of the people pages."""

from django.urls import path, re_path

from apps.accounts import group_views, key_views, leaving_views, role_views, session_views, views
from apps.common.ids import UUID_PATTERN

app_name = "accounts"
urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/invite/", views.invite, name="invite"),
    path("members/groups/", group_views.groups, name="groups"),
    path("members/groups/new/", group_views.create, name="create_group"),
    path("members/groups/<uuid:group_id>/", group_views.group, name="group"),
    re_path(
        rf"^members/groups/(?P<group_id>{UUID_PATTERN})/(?P<action>rename|role|add|remove|delete)/$",
        group_views.change,
        name="change_group",
    ),
    path("members/roles/", role_views.roles, name="roles"),
    path("members/roles/new/", role_views.create, name="create_role"),
    path("members/roles/<slug:name>/", role_views.role, name="role"),
    path("members/roles/<slug:name>/delete/", role_views.delete, name="delete_role"),
    path("workflows/folders/<uuid:folder_id>/people/", role_views.rights, name="rights"),
    path(
        "workflows/folders/<uuid:folder_id>/people/<uuid:right_id>/take/",
        role_views.take_right,
        name="take_right",
    ),
    re_path(
        rf"^members/(?P<user_id>{UUID_PATTERN})/(?P<action>role|resume|factors)/$",
        views.change_member,
        name="change_member",
    ),
    re_path(
        rf"^members/(?P<user_id>{UUID_PATTERN})/(?P<action>suspend|remove)/$",
        leaving_views.leave,
        name="leave",
    ),
    re_path(
        rf"^invitations/(?P<invitation_id>{UUID_PATTERN})/(?P<action>resend|revoke)/$",
        views.change_invitation,
        name="change_invitation",
    ),
    path("invitations/<str:token>/", views.accept, name="accept"),
    path("api-keys/", views.api_keys, name="api_keys"),
    path("api-keys/new/", views.create_key, name="create_key"),
    path("api-keys/<uuid:key_id>/", key_views.change, name="change_key"),
    path("api-keys/<uuid:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("profile/", views.profile, name="profile"),
    path("profile/sessions/", session_views.own, name="sessions"),
    path("profile/sessions/end/", session_views.end_others, name="end_other_sessions"),
    path("members/<uuid:user_id>/sessions/", session_views.of_member, name="member_sessions"),
    path("members/<uuid:user_id>/sessions/end/", session_views.end_all, name="end_sessions"),
    path("sessions/<uuid:sign_in_id>/end/", session_views.end, name="end_session"),
    path("sign-in-rules/", session_views.rules, name="sign_in_rules"),
    path("accounts/link/<str:uid>/<str:token>/", views.link, name="link"),
]

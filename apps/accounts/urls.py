"""Addresses of the people pages."""

from django.urls import path, re_path

from apps.accounts import views
from apps.common.ids import UUID_PATTERN

app_name = "accounts"
urlpatterns = [
    path("members/", views.members, name="members"),
    path("members/invite/", views.invite, name="invite"),
    re_path(
        rf"^members/(?P<user_id>{UUID_PATTERN})/(?P<action>role|suspend|resume|remove)/$",
        views.change_member,
        name="change_member",
    ),
    re_path(
        rf"^invitations/(?P<invitation_id>{UUID_PATTERN})/(?P<action>resend|revoke)/$",
        views.change_invitation,
        name="change_invitation",
    ),
    path("invitations/<str:token>/", views.accept, name="accept"),
    path("api-keys/", views.api_keys, name="api_keys"),
    path("api-keys/new/", views.create_key, name="create_key"),
    path("api-keys/<uuid:key_id>/revoke/", views.revoke_key, name="revoke_key"),
    path("profile/", views.profile, name="profile"),
    path("accounts/link/<str:uid>/<str:token>/", views.link, name="link"),
]

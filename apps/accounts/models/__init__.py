"""Users, groups, roles, folders, API keys and invitations."""

from apps.accounts.models.people import (
    INVITATION_LIFE,
    ApiKey,
    Invitation,
    SignIn,
    StoredAnswer,
    User,
    UserQuerySet,
)
from apps.accounts.models.rights import Folder, Group, Membership, Role, RoleBinding

__all__ = [
    "INVITATION_LIFE",
    "ApiKey",
    "Folder",
    "Group",
    "Invitation",
    "Membership",
    "Role",
    "RoleBinding",
    "SignIn",
    "StoredAnswer",
    "User",
    "UserQuerySet",
]

"""Users, groups, roles, folders, API keys and invitations."""

from apps.accounts.models.people import (
    INVITATION_LIFE,
    ApiKey,
    Invitation,
    StoredAnswer,
    User,
    UserQuerySet,
)
from apps.accounts.models.rights import GROUP, Folder, Group, Membership, Role, RoleBinding
from apps.accounts.models.sign_ins import SignIn, SignInRules

__all__ = [
    "GROUP",
    "INVITATION_LIFE",
    "ApiKey",
    "Folder",
    "Group",
    "Invitation",
    "Membership",
    "Role",
    "RoleBinding",
    "SignIn",
    "SignInRules",
    "StoredAnswer",
    "User",
    "UserQuerySet",
]

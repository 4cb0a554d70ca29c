"""What can go wrong with members and keys."""

from apps.common.errors import Conflict, DomainError, Forbidden, Invalid


class LastOwner(Conflict):
    """A workspace needs an owner. Make somebody else an owner first."""

    code = "last_owner"


class AlreadyMember(Conflict):
    """This person is a member already."""

    code = "already_member"


class AlreadyInvited(Conflict):
    """This person has an open invitation. Send it again instead."""

    code = "already_invited"


class InvitationClosed(DomainError):
    """This invitation was used, withdrawn or is older than three days. Ask for a new one."""

    status, code = 410, "invitation_closed"


class SignInAgain(Forbidden):
    """This session cannot be made longer. Sign in again to go on."""

    code = "sign_in_again"


class UnknownRole(Invalid):
    """There is no role of this name in the workspace."""

    code = "unknown_role"


class KeyOver(Conflict):
    """The key is revoked or expired. Make another one."""

    code = "key_over"

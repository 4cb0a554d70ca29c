"""What can go wrong with members and keys."""

from django.urls import reverse

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
    """This invitation was used or withdrawn, is older than three days, or came from who may not invite any more. Ask for a new one."""

    status, code = 410, "invitation_closed"


class SignInAgain(Forbidden):
    """This session cannot be made longer. Sign in again to go on."""

    code = "sign_in_again"


class ProofRequired(Forbidden):
    """Show that it is you first, then repeat this: it needs a proof of the last 15 minutes."""

    code = "proof_required"

    def __init__(self) -> None:
        """Say where it is shown."""
        super().__init__(extra={"confirm_at": reverse("account_reauthenticate")})


class TokenTooLittle(Forbidden):
    """This asks for a fresh proof of who you are, and a provider's token is none. Use the pages or a key."""

    code = "token_too_little"


class SecondFactorOwed(Forbidden):
    """The workspace asks you for a second factor. Set one up to go on."""

    code = "second_factor_required"

    def __init__(self) -> None:
        """Say where it is set up."""
        super().__init__(extra={"set_up_at": reverse("mfa_index")})


class UnknownRole(Invalid):
    """There is no role of this name in the workspace."""

    code = "unknown_role"


class KeyOver(Conflict):
    """The key is revoked or expired. Make another one."""

    code = "key_over"


class AddressRefused(Forbidden):
    """This key is not accepted from your address."""

    code = "address_refused"

    def __init__(self, address: str) -> None:
        """Say which address it is: proxies and tunnels are easily forgotten."""
        super().__init__(
            f"This key is not accepted from {address or 'an unknown address'}. Whoever manages it can add the address."
        )


class OutsideNetworks(Forbidden):
    """This workspace lets people in from some networks only."""

    code = "outside_networks"

    def __init__(self, address: str) -> None:
        """Say which address it is, for who has to add it."""
        super().__init__(
            f"This workspace lets people in from some networks only, and you are at {address or 'an unknown address'}. An owner can add it under Sign-in rules."
        )


class RoleInUse(Conflict):
    """Somebody holds this role, or was offered it. Give them another one first."""

    code = "role_in_use"


class RoleExists(Conflict):
    """There is a role of this name already."""

    code = "role_exists"


class BuiltInRole(Conflict):
    """This role comes with every workspace and stays as it is. Make one of your own instead."""

    code = "built_in_role"


class UnknownPermission(Invalid):
    """There is no such permission, or only owners hold it."""

    code = "unknown_permission"


class NotForGroups(Invalid):
    """Only a person is an owner, and of the whole workspace. Choose another role."""

    code = "not_for_groups"


class GroupExists(Conflict):
    """There is a group of this name already."""

    code = "group_exists"


class KeptByDirectory(Conflict):
    """A directory keeps this group. Change its people and its name there."""

    code = "kept_by_directory"


class RoleKept(Conflict):
    """Groups of their directory or provider decide about this person's roles. Change those, or give the role to a group here."""

    code = "role_kept"


class UnknownPerson(Invalid):
    """Nobody in the workspace goes by this."""

    code = "unknown_person"

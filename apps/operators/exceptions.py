"""What can go wrong with workspaces in the hands of staff."""

from http import HTTPStatus

from apps.common.errors import Conflict, DomainError, Forbidden


class MissingScope(Forbidden):
    """This key does not have the scope that this asks for. Make one in the administration that has."""

    code = "missing_scope"


class AlreadyOwned(Conflict):
    """This workspace has an owner. Owners invite each other from there."""

    code = "already_owned"


class AlreadyScheduled(Conflict):
    """The deletion of this workspace is scheduled already. Cancel that one first."""

    code = "already_scheduled"


class Held(Conflict):
    """A legal hold keeps this workspace. An owner must release the hold first."""

    code = "legal_hold"


class TooLate(Conflict):
    """The deletion has begun, is over or was cancelled: there is nothing to take back."""

    code = "too_late"


class AccessOver(Conflict):
    """This access was decided, withdrawn or is over already. Look at the list again."""

    code = "access_over"


class EntranceClosed(DomainError):
    """This way in was used, is older than a minute, or belongs to somebody else. Make a new one."""

    status, code = HTTPStatus.GONE, "entrance_closed"

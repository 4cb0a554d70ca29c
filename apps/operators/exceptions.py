"""What can go wrong with workspaces in the hands of staff."""

from apps.common.errors import Conflict, Forbidden


class MissingScope(Forbidden):
    """This key does not have the scope that this asks for. Make one in the administration that has."""

    code = "missing_scope"


class AlreadyOwned(Conflict):
    """This workspace has an owner. Owners invite each other from there."""

    code = "already_owned"

"""The limit of connections that a set-up link switched on, until an owner confirms them.

Whoever held the link chose the provider, and a provider can say that anybody is anybody. So until an
owner has looked, nobody comes in who holds more than was given with the link, or would get more.
"""

from collections.abc import Iterable

from apps.accounts.models import Role, User
from apps.identity.exceptions import BeyondCeiling
from apps.identity.models import Connection
from apps.identity.setup_links import is_within


def check(limit: Role | None, roles: Iterable[Role]) -> None:
    """Raise BeyondCeiling where one of the roles is more than the limit; None: there is none."""
    if limit is not None and not all(is_within(role, limit) for role in roles):
        raise BeyondCeiling


def check_member(limit: Role | None, user: User) -> None:
    """Raise BeyondCeiling for who holds more than the limit somewhere, in person or by a group."""
    if limit is not None:
        check(limit, (binding.role for binding in user.bindings))


def is_above(user: User | None, connection: Connection | None) -> bool:
    """Tell whether somebody holds more than comes in through the connection yet."""
    if user is None or connection is None:
        return False
    try:
        check_member(connection.ceiling, user)
    except BeyondCeiling:
        return True
    return False

"""Nobody gives more than they hold themselves, where they give it."""

from apps.accounts import policies
from apps.accounts.exceptions import UnknownRole
from apps.accounts.keepers import Keeper
from apps.accounts.models import Role, User
from apps.common.errors import Forbidden


def role_named(name: str) -> Role:
    """Return the role. Raises UnknownRole."""
    role = Role.objects.filter(name=name).first()
    if role is None:
        raise UnknownRole.at("role", UnknownRole.__doc__ or "")
    return role


def check_may_manage(actor: User | Keeper) -> None:
    """Raise Forbidden for a person who does not manage members; a directory does nothing else."""
    if not isinstance(actor, Keeper):
        policies.require(actor, "member.manage")


def check_may_give(actor: User | None, role: Role, path: str = "") -> None:
    """Raise Forbidden if the role allows what the actor may not do at a folder's path.

    Without an actor the system itself gives: a directory, or what an installation comes with.
    """
    if actor is not None and not role.allowed <= actor.permissions_in(path):
        raise Forbidden("This role allows more than you may do. Choose a smaller one.")

"""Taking rights away, each by the service that people use for it, which checks and writes its entry."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Model

from apps.accounts import services as accounts
from apps.accounts.models import ApiKey, Membership, RoleBinding, User
from apps.campaigns.models import Sort
from apps.directory import services as directories
from apps.directory.models import Token
from apps.identity.api_access import services as api_access
from apps.identity.models import TokenClient


def _account(user: User, actor: User) -> None:
    accounts.remove_member(user, actor=actor)


def _client(client: TokenClient, actor: User) -> None:
    api_access.remove_client(client, actor=actor)


def _token(token: Token, actor: User) -> None:
    directories.revoke_token(token, actor=actor)


def _key(key: ApiKey, actor: User) -> None:
    accounts.revoke_api_key(key, actor=actor)


def _membership(membership: Membership, actor: User) -> None:
    accounts.remove_from_group(membership.group, membership.user, actor=actor)


def _role(binding: RoleBinding, actor: User) -> None:
    assert binding.user is not None
    accounts.change_role(binding.user, role=None, actor=actor)


def _right(binding: RoleBinding, actor: User) -> None:
    accounts.take_right(binding, actor=actor)


def _group_role(binding: RoleBinding, actor: User) -> None:
    assert binding.group is not None
    accounts.set_group_role(binding.group, role=None, actor=actor)


_WAYS: dict[str, tuple[type[Model], Callable[[Any, User], None]]] = {
    Sort.MEMBER: (User, _account),
    Sort.PROGRAM: (User, _account),
    Sort.CLIENT: (TokenClient, _client),
    Sort.DIRECTORY: (Token, _token),
    Sort.KEY: (ApiKey, _key),
    Sort.MEMBERSHIP: (Membership, _membership),
    Sort.ROLE: (RoleBinding, _role),
    Sort.FOLDER: (RoleBinding, _right),
    Sort.GROUP_ROLE: (RoleBinding, _group_role),
}


def lock(sort: str, ref: UUID) -> Model | None:
    """Return the row that gives a right, kept as it is till the commit; None where it is gone."""
    model: Any = _WAYS[sort][0]
    found: Model | None = model.objects.select_for_update(of=("self",)).filter(pk=ref).first()
    return found


def remove(sort: str, row: Model, *, actor: User) -> None:
    """Take a right away. Raises whatever its service raises."""
    _WAYS[sort][1](row, actor)

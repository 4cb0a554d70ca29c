"""Who may do what: one policy for each model, registered by its app. Default deny."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from django.contrib.auth.models import AnonymousUser
from django.db.models import Model, Q, QuerySet

from apps.accounts.models import (
    ApiKey,
    Folder,
    Group,
    Invitation,
    Role,
    RoleBinding,
    SignIn,
    SignInRules,
    User,
)
from apps.accounts.roles import ANY_MEMBER
from apps.common.errors import Forbidden, NotFound

M = TypeVar("M", bound=Model)
Rows = TypeVar("Rows", bound=QuerySet[Any])
Actor = User | AnonymousUser | None


class Policy:
    """How the permissions of one resource apply to its model.

    `folder` is the lookup path to the folder that an object lies in; without one only roles on
    the whole workspace count.
    """

    resource: ClassVar[str]
    folder: ClassVar[str] = ""

    def path_of(self, target: Model) -> str:
        """Return the path of the folder that the object lies in; empty at the root."""
        found: Any = target
        for step in self.folder.split("__") if self.folder else []:
            found = getattr(found, step, None)
        return found.path if self.folder and found is not None else ""

    def visible(self, actor: User, queryset: Rows) -> Rows:
        """Keep what the actor may view."""
        permission = f"{self.resource}.view"
        if permission in actor.permissions_in():
            return queryset
        paths = actor.folder_paths(permission) if self.folder else []
        wanted = Q(pk=None)
        for path in paths:
            wanted |= Q(**{f"{self.folder}__path__startswith": path})
        return queryset.filter(wanted) if paths else queryset.none()


_policies: dict[type[Model], Policy] = {}


def register(model: type[Model]) -> Callable[[type[Policy]], type[Policy]]:
    """Make a class the policy of a model; a model has one."""

    def decorate(policy: type[Policy]) -> type[Policy]:
        if model in _policies:
            raise TypeError(f"{model.__name__} has a policy already.")
        _policies[model] = policy()
        return policy

    return decorate


def allows(actor: Actor, permission: str, target: Model | type[Model]) -> bool:
    """Tell whether the actor may do it; `permission` is the verb, such as `run`."""
    if not isinstance(actor, User):
        return False
    model = target if isinstance(target, type) else type(target)
    policy = _policy_of(model)
    path = "" if isinstance(target, type) else policy.path_of(target)
    return f"{policy.resource}.{permission}" in actor.permissions_in(path)


def check(actor: Actor, permission: str, target: Model | type[Model]) -> None:
    """Raise Forbidden unless the actor may do it; NotFound where they may not even see it."""
    if allows(actor, permission, target):
        return
    if permission != "view" and allows(actor, "view", target):
        raise Forbidden
    raise Forbidden if isinstance(target, type) else NotFound


def visible(actor: Actor, queryset: Rows) -> Rows:
    """Keep the objects that the actor may view; nothing for strangers."""
    if not isinstance(actor, User):
        return queryset.none()
    # A fresh queryset: what one workspace's request cached must never answer another's.
    return _policy_of(queryset.model).visible(actor, queryset.all())


def find(actor: Actor, queryset: QuerySet[M], **wanted: Any) -> M:
    """Return the one object that is wanted. Raises NotFound where the actor may not view it."""
    found = visible(actor, queryset).filter(**wanted).first()
    if found is None:
        raise NotFound
    return found


def holds(actor: Actor, permission: str, path: str = "") -> bool:
    """Tell whether the actor holds a full permission such as `member.manage`.

    `path` is a folder's; the empty one is the workspace.
    """
    return isinstance(actor, User) and permission in actor.permissions_in(path)


def holds_anywhere(actor: Actor, permission: str) -> bool:
    """Tell whether the actor holds a full permission on the workspace or on some folder.

    It opens the door of a page or endpoint; `check` and `visible` then look at the object.
    """
    if not isinstance(actor, User) or not actor.is_active:
        return False
    everyone = permission == ANY_MEMBER
    return everyone or holds(actor, permission) or bool(actor.folder_paths(permission))


def require(actor: Actor, permission: str, path: str = "") -> None:
    """Raise Forbidden unless the actor holds the full permission on the workspace or at a folder."""
    if not holds(actor, permission, path):
        raise Forbidden


def held_at(actor: User, target: Model) -> frozenset[str]:
    """Return all permissions that the actor holds where the object lies."""
    return actor.permissions_in(_policy_of(type(target)).path_of(target))


def models_by_name() -> dict[str, type[Model]]:
    """Return what has a policy, by the name under which the API speaks of it."""
    return {str(model._meta.model_name): model for model in _policies}


def _policy_of(model: type[Model]) -> Policy:
    try:
        return _policies[model]
    except KeyError:
        raise TypeError(f"{model.__name__} has no policy: register one.") from None


@register(User)
class UserPolicy(Policy):
    """Members see each other."""

    resource = "member"


@register(Role)
class RolePolicy(UserPolicy):
    """Whoever sees members sees roles."""


@register(Group)
class GroupPolicy(UserPolicy):
    """Whoever sees members sees groups."""


@register(RoleBinding)
class RoleBindingPolicy(Policy):
    """Who holds what is seen by whoever sees members there: on the workspace, or on a folder."""

    resource, folder = "member", "folder"


@register(SignIn)
class SignInPolicy(Policy):
    """Where somebody is signed in is seen by them, and by who manages members."""

    resource = "member"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset if holds(actor, "member.manage") else queryset.filter(user=actor)


@register(SignInRules)
class SignInRulesPolicy(Policy):
    """Administrators see what is asked of sign-ins, owners change it."""

    resource = "connection"


@register(Invitation)
class InvitationPolicy(UserPolicy):
    """Invitations are seen by those who send them."""

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset if holds(actor, "member.manage") else queryset.none()


@register(Folder)
class FolderPolicy(Policy):
    """A folder is seen by whoever sees workflows in it."""

    resource = "workflow"

    def path_of(self, target: Model) -> str:
        assert isinstance(target, Folder)
        return target.path

    def visible(self, actor: User, queryset: Rows) -> Rows:
        if holds(actor, "workflow.view"):
            return queryset
        wanted = Q(pk=None)
        for path in actor.folder_paths("workflow.view"):
            wanted |= Q(path__startswith=path)
        return queryset.filter(wanted)


@register(ApiKey)
class ApiKeyPolicy(Policy):
    """Keys are their user's; who manages keys sees all."""

    resource = "api_key"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset if holds(actor, "api_key.manage") else queryset.filter(user=actor)

"""Roles, who holds them, and where: on the workspace or on folders, in person or through groups."""

from collections.abc import Collection
from typing import Any, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Lower

from apps.accounts.roles import ABOUT, BUILTIN, GRANTABLE
from apps.common.models import TimestampedModel


class Role(TimestampedModel):
    """A named set of permissions; the built-in ones are defined in code."""

    name = models.SlugField(max_length=40, unique=True)
    label = models.CharField(max_length=80)
    permissions = models.JSONField(default=list)
    builtin = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.label

    @property
    def allowed(self) -> frozenset[str]:
        """The permissions that the role gives."""
        return BUILTIN[self.name] if self.builtin else GRANTABLE & frozenset(self.permissions)

    @property
    def about(self) -> str:
        """What the role is for, in one line; empty for a workspace's own roles."""
        return ABOUT.get(self.name, "")


class Folder(TimestampedModel):
    """A place in the workspace's tree; rights narrower than the workspace are held on it."""

    name = models.CharField(max_length=80)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    path = models.CharField(
        max_length=700, unique=True, help_text="Ids from the root, each ended by /"
    )

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.path = f"{self.parent.path if self.parent else ''}{self.pk}/"
        super().save(*args, **kwargs)


GROUP = "group:"  # before a group's name, where people and roles can be named as well


class GroupQuerySet(models.QuerySet["Group"]):
    """Reads of groups."""

    def named(self, handles: Collection[str]) -> Self:
        """Keep those whose handles are among the names."""
        names = [each.removeprefix(GROUP) for each in handles if each.startswith(GROUP)]
        return self.annotate(lower_name=Lower("name")).filter(lower_name__in=names)

    def matching(self, *, text: str = "", role: str = "") -> Self:
        """Keep whose name holds the text and who hold the role on the whole workspace."""
        found = self.filter(name__icontains=text)
        held = {"role_bindings__role__name": role, "role_bindings__folder": None}
        return found.filter(**held) if role else found

    def counted(self) -> Self:
        """Read how many people are in each, and the roles that they share."""
        places = ("role_bindings__role", "role_bindings__folder")
        return self.annotate(size=models.Count("memberships")).prefetch_related(*places)


class Group(TimestampedModel):
    """People who hold roles together. One with an `external_id` is kept by a directory."""

    name = models.CharField(max_length=80)
    external_id = models.CharField(max_length=200, blank=True)
    members: "models.ManyToManyField[Any, Any]" = models.ManyToManyField(
        "accounts.User", through="Membership", related_name="in_groups"
    )

    objects = GroupQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("name"), name="accounts_one_group_per_name"),
            models.UniqueConstraint(
                fields=["external_id"],
                condition=~models.Q(external_id=""),
                name="accounts_one_group_per_external_id",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def handle(self) -> str:
        """How it is named beside people and roles: no address and no role has such a name."""
        return f"{GROUP}{self.name.lower()}"

    @property
    def role(self) -> Role | None:
        """The role that its people hold on the whole workspace, if any."""
        held = self.role_bindings.all()
        return next((each.role for each in held if each.folder_id is None), None)

    @property
    def folder_rights(self) -> list["RoleBinding"]:
        """The roles that its people hold on folders."""
        return [held for held in self.role_bindings.all() if held.folder_id]


class Membership(TimestampedModel):
    """A user's place in a group."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["group", "user"], name="accounts_in_a_group_once")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.group}"


class RoleBindingQuerySet(models.QuerySet["RoleBinding"]):
    """Reads of held roles."""

    def held_by(self, user_id: UUID) -> Self:
        """Keep what a user holds, in person or through a group."""
        groups = Membership.objects.filter(user=user_id).values("group")
        return self.filter(models.Q(user=user_id) | models.Q(group__in=groups))


class RoleBinding(TimestampedModel):
    """A role held by a user or a group, on the workspace or on one folder and what lies in it."""

    user = models.ForeignKey(
        "accounts.User",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="role_bindings",
    )
    group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.CASCADE, related_name="role_bindings"
    )
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="bindings")
    folder = models.ForeignKey(
        Folder, null=True, blank=True, on_delete=models.CASCADE, related_name="rights"
    )

    objects = RoleBindingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "group", "folder"],
                nulls_distinct=False,
                name="accounts_one_role_per_place",
            ),
            models.CheckConstraint(
                condition=models.Q(user=None) ^ models.Q(group=None), name="accounts_one_holder"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.holder}: {self.role}"

    @property
    def holder(self) -> models.Model:
        """Who holds the role: a user, or a group."""
        found = self.user or self.group
        assert found is not None
        return found

    @property
    def path(self) -> str:
        """The path of the folder on which it is held; empty for the workspace."""
        return self.folder.path if self.folder else ""

    def covers(self, path: str) -> bool:
        """Tell whether the role counts at a folder path."""
        return path.startswith(self.path)

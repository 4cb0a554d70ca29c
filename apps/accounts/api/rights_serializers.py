"""Shapes of groups, roles and rights."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import NamedSerializer, RoleName
from apps.accounts.models import Group, Role, RoleBinding
from apps.accounts.roles import PERMISSIONS


class RoleSerializer(serializers.Serializer[Role]):
    """A role and what it allows."""

    name = serializers.CharField(read_only=True)
    builtin = serializers.BooleanField(read_only=True)
    permissions = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=len(PERMISSIONS)
    )

    def get_fields(self) -> dict[str, Any]:
        """Return the fields with `label`, a name that serializers keep for themselves."""
        return {**super().get_fields(), "label": serializers.CharField(max_length=80)}

    def to_representation(self, role: Role) -> dict[str, Any]:
        return {**super().to_representation(role), "permissions": sorted(role.allowed)}


class RightSerializer(serializers.ModelSerializer[RoleBinding]):
    """A role held on a folder, by a person or by a group."""

    role = RoleName(read_only=True)
    user = NamedSerializer(read_only=True, allow_null=True)
    group = NamedSerializer(read_only=True, allow_null=True)

    class Meta:
        model = RoleBinding
        fields = ["id", "role", "user", "group", "created_at"]
        read_only_fields = fields


class NewRightSerializer(serializers.Serializer[Any]):
    """Who is to hold which role: one of user and group."""

    role = serializers.CharField(max_length=40)
    user = serializers.UUIDField(required=False)
    group = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Ask for one holder."""
        if ("user" in attrs) == ("group" in attrs):
            raise serializers.ValidationError("Name a user or a group.")
        return attrs


class FolderRightSerializer(serializers.ModelSerializer[RoleBinding]):
    """A role that a group holds on a folder."""

    role = RoleName(read_only=True)
    folder = NamedSerializer(read_only=True)

    class Meta:
        model = RoleBinding
        fields = ["id", "role", "folder"]
        read_only_fields = fields


class GroupSerializer(serializers.ModelSerializer[Group]):
    """A group, its role on the whole workspace and those on folders."""

    role = RoleName(max_length=40, allow_null=True, required=False)
    size = serializers.IntegerField(read_only=True)
    folder_rights = FolderRightSerializer(many=True, read_only=True)

    class Meta:
        model = Group
        fields = ["id", "name", "external_id", "role", "size", "folder_rights", "created_at"]
        read_only_fields = ["id", "external_id", "size", "created_at"]


class UserIdSerializer(serializers.Serializer[Any]):
    """A person by id."""

    user = serializers.UUIDField()


class PermissionsSerializer(serializers.Serializer[Any]):
    """What the caller may do with an object, or on the workspace."""

    object = serializers.CharField(allow_null=True)
    permissions = serializers.ListField(child=serializers.CharField())

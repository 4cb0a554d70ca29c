"""Shapes of members, roles and keys."""

from typing import Any

from rest_framework import serializers

from apps.accounts import networks
from apps.accounts.models import ApiKey, Invitation, Role, User


class RoleName(serializers.CharField):
    """A role by its name."""

    def to_representation(self, value: Any) -> str:
        return value.name if isinstance(value, Role) else str(value)


class NamedSerializer(serializers.Serializer[Any]):
    """Something by id and name."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(read_only=True)


class MemberSerializer(serializers.ModelSerializer[User]):
    """A member; role and activity can be changed. Without a role: what groups and folders give."""

    role = RoleName(max_length=40, allow_null=True)
    heir = serializers.UUIDField(
        write_only=True, required=False, allow_null=True,
        help_text="With `is_active` false: who takes over what they look after.",
    )  # fmt: skip
    groups = NamedSerializer(many=True, read_only=True, source="in_groups")

    class Meta:
        model = User
        fields = [
            "id", "email", "name", "role", "groups", "is_active", "heir", "last_login", "created_at",
        ]  # fmt: skip
        read_only_fields = ["id", "email", "name", "last_login", "created_at"]


class MeSerializer(serializers.ModelSerializer[User]):
    """The caller."""

    role = RoleName(read_only=True)
    permissions = serializers.SerializerMethodField()

    class Meta:
        model = User
        fields = ["id", "email", "name", "kind", "role", "time_zone", "locale", "permissions"]
        read_only_fields = fields

    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.permissions_in())


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """An invitation; its token is in the mail alone."""

    role = RoleName(read_only=True)
    invited_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Invitation
        fields = ["id", "email", "role", "invited_by", "created_at", "expires_at"]
        read_only_fields = fields


class NewInvitationSerializer(serializers.Serializer[Any]):
    """Whom to invite."""

    email = serializers.EmailField(max_length=254)
    role = serializers.CharField(max_length=40)


class NetworksField(serializers.ListField):
    """From where a key is accepted."""

    child = serializers.CharField(max_length=networks.LONGEST)

    def __init__(self, **kwargs: Any) -> None:
        """Say what is named, unless it is said already."""
        kwargs.setdefault("max_length", networks.MOST)
        kwargs.setdefault(
            "help_text", "Addresses or networks (CIDR), IPv4 or IPv6. Empty: from everywhere."
        )
        super().__init__(**kwargs)


class ApiKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key, without its secret."""

    role = RoleName(read_only=True)
    user = serializers.CharField(read_only=True)
    prefix = serializers.CharField(read_only=True)

    class Meta:
        model = ApiKey
        fields = [
            "id",
            "prefix",
            "name",
            "role",
            "user",
            "state",
            "networks",
            "created_at",
            "expires_at",
            "last_used_at",
        ]
        read_only_fields = fields


class NewApiKeySerializer(serializers.Serializer[Any]):
    """A key to make; `key` is in the answer, once."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=80)
    role = serializers.CharField(max_length=40)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    networks = NetworksField(required=False)
    for_program = serializers.BooleanField(
        default=False, write_only=True, help_text="It acts as a service account of its own."
    )
    prefix = serializers.CharField(read_only=True)
    key = serializers.CharField(read_only=True)


class ApiKeyChangesSerializer(serializers.Serializer[Any]):
    """What can be changed of a key without a new secret."""

    name = serializers.CharField(max_length=80, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    networks = NetworksField(required=False)


class ThingSerializer(serializers.Serializer[Any]):
    """One thing; `stays` says why the heir cannot look after it, and is empty if they can."""

    name = serializers.CharField(read_only=True)
    stays = serializers.CharField(read_only=True)


class ShareSerializer(serializers.Serializer[Any]):
    """What a member looks after of one sort, and what becomes of it with an heir and without."""

    name = serializers.CharField(read_only=True)
    about = serializers.CharField(read_only=True)
    left = serializers.CharField(read_only=True)
    things = ThingSerializer(many=True, read_only=True)

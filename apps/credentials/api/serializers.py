"""Shapes of credentials. Values go in and never come out."""

from typing import Any

from rest_framework import serializers

from apps.accounts import policies
from apps.accounts.models import Folder
from apps.credentials.kinds import CHOICES
from apps.credentials.models import MOST_CALLS, StoredCredential
from apps.credentials.services import MOST_HOSTS
from apps.credentials.trying import METHODS
from apps.credentials.uses import Use


def hosts_field(**options: Any) -> serializers.ListField:
    """Return a field for the hosts that a credential may be sent to."""
    return serializers.ListField(
        child=serializers.CharField(max_length=260), min_length=1, max_length=MOST_HOSTS,
        help_text="Such as api.example.com, api.example.com:8443 or *.example.com.", **options,
    )  # fmt: skip


class StoredCredentialSerializer(serializers.ModelSerializer[StoredCredential]):
    """A credential: what it is, where it may be sent, when it was used. Never its secret."""

    enabled = serializers.BooleanField(source="is_active")
    settings = serializers.DictField(help_text="What of its values is no secret.")
    reference = serializers.DictField(help_text="Where the secret is, unless it is kept here.")
    may_use = serializers.SerializerMethodField()
    may_manage = serializers.SerializerMethodField()

    class Meta:
        model = StoredCredential
        fields = [
            "id", "name", "description", "kind", "source", "reference", "settings", "last4",
            "hosts", "max_calls", "folder", "enabled", "may_use", "may_manage", "created_by", "created_at", "updated_at", "rotated_at",
            "last_used_at", "last_workflow_id",
        ]  # fmt: skip
        read_only_fields = fields

    def get_may_use(self, credential: StoredCredential) -> bool:
        return policies.allows(self.context["actor"], "use", credential)

    def get_may_manage(self, credential: StoredCredential) -> bool:
        return policies.allows(self.context["actor"], "manage", credential)


class CredentialChangeSerializer(serializers.Serializer[Any]):
    """What can be changed without the secret."""

    name = serializers.CharField(max_length=120)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)
    hosts = hosts_field()
    max_calls = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=MOST_CALLS,
        help_text="How many steps may call with it at a time; the others wait in turn. Null: any number.",
    )  # fmt: skip
    folder = serializers.PrimaryKeyRelatedField(
        queryset=Folder.objects.none(), required=False, allow_null=True
    )

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Know the folders that the caller sees."""
        fields = super().get_fields()
        folder = fields["folder"]
        assert isinstance(folder, serializers.PrimaryKeyRelatedField)
        if "actor" in self.context:
            seen = policies.visible(self.context["actor"], Folder.objects.all())
            folder.queryset = seen
        return fields


class CredentialValuesSerializer(serializers.Serializer[Any]):
    """Values of a credential, as its kind says (`credentials/kinds/`)."""

    values = serializers.DictField(write_only=True, help_text="As the kind's schema says.")
    reference = serializers.DictField(
        write_only=True, required=False,
        help_text="Of a secret in HashiCorp Vault (KV version 2), which then is not among the values: "
        "address, mount, path, field, namespace; and secret, which is a token, or the secret id "
        "where role_id names an AppRole. Or of what the operator lends: source `env`, and name. "
        "Without a reference the secret is kept here.",
    )  # fmt: skip


class NewCredentialSerializer(CredentialChangeSerializer, CredentialValuesSerializer):
    """A credential to keep."""

    kind = serializers.ChoiceField(choices=CHOICES)


class CredentialRotationSerializer(CredentialValuesSerializer):
    """Another secret, and perhaps other hosts."""

    hosts = hosts_field(required=False)


class CredentialKindSerializer(serializers.Serializer[Any]):
    """A kind of credential."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # DRF's own name
    icon = serializers.CharField()
    about = serializers.CharField()
    refers = serializers.BooleanField(help_text="Whether its secret may be kept in Vault.")
    schema = serializers.DictField(help_text="JSON Schema; what is writeOnly is never shown.")


class CredentialUseSerializer(serializers.Serializer[Use]):
    """A workflow whose steps name the credential; id null: one that you may not see."""

    workflow = serializers.UUIDField(source="id", allow_null=True)
    name = serializers.CharField()
    published = serializers.BooleanField()


class CredentialTryingSerializer(serializers.Serializer[Any]):
    """What to try it on."""

    url = serializers.CharField(max_length=2_000)
    method = serializers.ChoiceField(choices=METHODS, default="GET")


class CredentialTrialSerializer(serializers.Serializer[Any]):
    """How a try went; status 0: no answer came."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    status = serializers.IntegerField()
    elapsed_ms = serializers.IntegerField()

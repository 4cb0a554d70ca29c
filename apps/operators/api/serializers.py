"""Shapes of workspaces as the platform sees them."""

from typing import Any

from django.core.validators import MaxValueValidator
from rest_framework import serializers

from apps.dispatch.models import TenantLoad
from apps.operators.deleting import STEPS
from apps.operators.models import Deletion
from apps.tenants.addresses import workspace_url
from apps.tenants.models import Tenant, validate_slug

MOST = 100_000


class WorkspaceSerializer(serializers.ModelSerializer[Tenant]):
    """A workspace."""

    address = serializers.SerializerMethodField()

    class Meta:
        model = Tenant
        fields = ["id", "slug", "name", "address", "status", "deletes_at", "created_at"]
        read_only_fields = fields

    def get_address(self, tenant: Tenant) -> str:
        return workspace_url(tenant)


class UsageSerializer(serializers.Serializer[Any]):
    """What a workspace uses; the runs are those of seven days."""

    people = serializers.IntegerField(min_value=0)
    workflows = serializers.IntegerField(min_value=0)
    runs = serializers.IntegerField(min_value=0)
    failed = serializers.IntegerField(min_value=0)
    stored = serializers.IntegerField(min_value=0, help_text="Bytes.")
    last_activity = serializers.DateTimeField(source="last", allow_null=True)


class LimitsSerializer(serializers.ModelSerializer[TenantLoad]):
    """What a workspace may take up; null is what every workspace has."""

    class Meta:
        model = TenantLoad
        fields = ["max_running", "max_queued", "max_outside", "weight"]
        extra_kwargs = {
            name: {"validators": [MaxValueValidator(MOST)]}
            for name in ("max_running", "max_queued")
        } | {
            "max_outside": {"min_value": 1, "max_value": MOST},
            "weight": {"min_value": 1, "max_value": 1000, "required": False},
        }


class LoadSerializer(serializers.Serializer[Any]):
    """What it takes up now, and how much it may at most."""

    running = serializers.IntegerField(min_value=0)
    queued = serializers.IntegerField(min_value=0)
    max_running = serializers.IntegerField(source="limits.max_running", min_value=0)
    max_queued = serializers.IntegerField(source="limits.max_queued", min_value=0)
    is_paused = serializers.BooleanField()


class WorkspaceDetailSerializer(WorkspaceSerializer):
    """A workspace with what it uses and may use; `usage` is null where it cannot be read."""

    usage = UsageSerializer(allow_null=True, read_only=True)
    load = LoadSerializer(read_only=True)
    limits = LimitsSerializer(read_only=True)

    class Meta(WorkspaceSerializer.Meta):
        fields = [*WorkspaceSerializer.Meta.fields, "usage", "load", "limits"]
        read_only_fields = fields


class NewWorkspaceSerializer(serializers.Serializer[Any]):
    """A workspace to make, and whom to invite as its owner."""

    slug = serializers.CharField(max_length=40, validators=[validate_slug])
    name = serializers.CharField(max_length=80)
    owner_email = serializers.EmailField(max_length=254)

    def validate_name(self, name: str) -> str:
        """A line break in a name would end a mail's subject."""
        return " ".join(name.split())


class OwnerSerializer(serializers.Serializer[Any]):
    """Whom to invite as the first owner."""

    email = serializers.EmailField(max_length=254)


class ReasonSerializer(serializers.Serializer[Any]):
    """Why; the workspace's people read it in their trail."""

    reason = serializers.CharField(max_length=200)


class DeletionSerializer(serializers.ModelSerializer[Deletion]):
    """The end of a workspace: `steps` of `total_steps` are behind it."""

    steps = serializers.IntegerField(source="step", min_value=0, read_only=True)
    total_steps = serializers.SerializerMethodField()

    class Meta:
        model = Deletion
        fields = [
            "id", "workspace", "slug", "name", "state", "asked_by", "reason", "due_at", "steps",
            "total_steps", "trouble", "started_at", "finished_at", "slug_free_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_total_steps(self, _deletion: Deletion) -> int:
        return len(STEPS)


class NewDeletionSerializer(serializers.Serializer[Any]):
    """Which workspace is to be deleted, why, and after how many days; without: as configured."""

    slug = serializers.CharField(max_length=40)
    reason = serializers.CharField(max_length=200)
    grace_days = serializers.IntegerField(min_value=0, max_value=90, required=False)


class CertificateSerializer(serializers.Serializer[Any]):
    """What proves a deletion, with the platform's signature of its canonical text."""

    certificate = serializers.DictField()
    signature = serializers.CharField()
    genuine = serializers.BooleanField(help_text="Whether signature and hash fit.")

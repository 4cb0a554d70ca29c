"""Shapes of triggers and their deliveries. A secret goes in; it comes out once, if we made it."""

from typing import Any

from rest_framework import serializers

from apps.runs.api.serializers import ObjectField
from apps.triggers.filters import STATES
from apps.triggers.models import Delivery, Trigger


class WorkflowRefSerializer(serializers.Serializer[Any]):
    """The workflow that is started."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class TriggerSerializer(serializers.ModelSerializer[Trigger]):
    """A trigger; `url` and `test_url` are those of a webhook, `next_at` of a schedule."""

    workflow = WorkflowRefSerializer(read_only=True)
    config = ObjectField(read_only=True)
    state = serializers.ChoiceField(choices=STATES, read_only=True)
    run_as = serializers.UUIDField(source="run_as_id", allow_null=True, read_only=True)
    has_secret = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField()
    test_url = serializers.SerializerMethodField()

    class Meta:
        model = Trigger
        fields = [
            "id", "name", "kind", "workflow", "config", "state", "enabled", "paused_reason", "run_as",
            "path", "has_secret", "url", "test_url", "test_until", "next_at", "created_at",
            "updated_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_has_secret(self, trigger: Trigger) -> bool:
        return bool(trigger.secret)

    def get_url(self, trigger: Trigger) -> str:
        return self._address(trigger, "/hooks/")

    def get_test_url(self, trigger: Trigger) -> str:
        return self._address(trigger, "/hooks/test/")

    def _address(self, trigger: Trigger, prefix: str) -> str:
        if not trigger.path:
            return ""
        address: str = self.context["request"].build_absolute_uri(prefix + trigger.path)
        return address


class MadeTriggerSerializer(TriggerSerializer):
    """A trigger just saved, with the secret that was made for it: it is never shown again."""

    secret = serializers.SerializerMethodField()

    class Meta(TriggerSerializer.Meta):
        fields = [*TriggerSerializer.Meta.fields, "secret"]
        read_only_fields = fields

    def get_secret(self, trigger: Trigger) -> str:
        return str(self.context["secret"])


class TriggerChangeSerializer(serializers.Serializer[Any]):
    """What of a trigger can be changed; `config` is replaced as a whole."""

    name = serializers.CharField(max_length=120, required=False)
    workflow = serializers.UUIDField(required=False)
    config = ObjectField(required=False)
    enabled = serializers.BooleanField(required=False)
    path = serializers.CharField(max_length=120, required=False, allow_blank=True)
    secret = serializers.CharField(
        max_length=16_384, required=False, allow_blank=True, write_only=True, trim_whitespace=True
    )


class NewTriggerSerializer(TriggerChangeSerializer):
    """A trigger to make."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=Trigger.Kind.choices)
    workflow = serializers.UUIDField()
    config = ObjectField()


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """One time that a trigger fired; `payload` is what the start step was offered."""

    run = serializers.UUIDField(source="run_id", allow_null=True, read_only=True)
    payload = ObjectField(read_only=True)
    can_be_replayed = serializers.BooleanField(read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id", "outcome", "reason", "run", "fire_at", "payload", "can_be_replayed", "is_test",
            "replay_of", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class FireTimesSerializer(serializers.Serializer[Any]):
    """When a schedule fires next, and its rule in words."""

    description = serializers.CharField()
    results = serializers.ListField(child=serializers.DateTimeField())

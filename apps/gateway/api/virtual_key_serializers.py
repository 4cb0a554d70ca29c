"""Shapes of virtual keys. The text of a key goes out once, when it is made or rotated."""

from typing import Any

from rest_framework import serializers

from apps.accounts.api.serializers import NetworksField
from apps.accounts.models import ApiKey, User
from apps.gateway.api.serializers import TotalsSerializer
from apps.gateway.virtual_keys.filters import STATES
from apps.gateway.virtual_keys.services import MOST_PATTERNS, MOST_RPM, MOST_TPM
from apps.gateway.virtual_keys.spending import Spending

DAY_S = 86_400
LONGEST_OVERLAP_S = 30 * DAY_S


class VirtualKeySerializer(serializers.ModelSerializer[ApiKey]):
    """A key that asks models, without its secret; `routes` null: every one, also later ones."""

    prefix = serializers.CharField(read_only=True)
    user = serializers.CharField(read_only=True)
    for_program = serializers.SerializerMethodField(help_text="Whether it outlives its maker.")
    state = serializers.ChoiceField(choices=STATES, read_only=True)
    routes = serializers.ListField(
        source="virtual.routes", child=serializers.CharField(), allow_null=True
    )
    direct = serializers.ListField(source="virtual.direct", child=serializers.CharField())
    rpm = serializers.IntegerField(source="virtual.rpm", allow_null=True)
    tpm = serializers.IntegerField(source="virtual.tpm", allow_null=True)

    class Meta:
        model = ApiKey
        fields = [
            "id", "prefix", "name", "user", "for_program", "state", "routes", "direct", "rpm",
            "tpm", "networks", "created_at", "expires_at", "last_used_at", "former_until",
        ]  # fmt: skip
        read_only_fields = fields

    def get_for_program(self, key: ApiKey) -> bool:
        return key.user.kind == User.Kind.SERVICE


class SpendingSerializer(serializers.Serializer[Spending]):
    """What a key took: this month, and within the last minute, for which its limits are."""

    since = serializers.DateTimeField()
    month = TotalsSerializer()
    minute = TotalsSerializer()


class KeyDetailSerializer(VirtualKeySerializer):
    """A key with what it took; null for who may not see usage."""

    spending = SpendingSerializer(allow_null=True)

    class Meta(VirtualKeySerializer.Meta):
        fields = [*VirtualKeySerializer.Meta.fields, "spending"]
        read_only_fields = fields


class TermsSerializer(serializers.Serializer[Any]):
    """What can be set of a key, when it is made and later."""

    name = serializers.CharField(max_length=80, required=False)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    routes = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=1_000, required=False,
        allow_null=True,
        help_text="Names of routes, and workflows as `workflow/<slug>`. Null: every route, also those made later, and no workflow.",
    )  # fmt: skip
    direct = serializers.ListField(
        child=serializers.CharField(max_length=264), max_length=MOST_PATTERNS, required=False,
        help_text="Models that may be named past all routes: provider/model, with * and ?.",
    )  # fmt: skip
    networks = NetworksField(required=False)
    rpm = serializers.IntegerField(
        min_value=1, max_value=MOST_RPM, required=False, allow_null=True,
        help_text="Calls a minute. Null: as many as like.",
    )  # fmt: skip
    tpm = serializers.IntegerField(
        min_value=1, max_value=MOST_TPM, required=False, allow_null=True,
        help_text="Tokens a minute. Null: as many as like.",
    )  # fmt: skip


class NewVirtualKeySerializer(TermsSerializer):
    """A key to make."""

    name = serializers.CharField(max_length=80)
    for_program = serializers.BooleanField(
        required=False, help_text="It acts for itself and stays when you leave the workspace."
    )


class KeyTextSerializer(VirtualKeySerializer):
    """A key with its text, which is in this answer and never shown again."""

    key = serializers.CharField(read_only=True)

    class Meta(VirtualKeySerializer.Meta):
        fields = [*VirtualKeySerializer.Meta.fields, "key"]
        read_only_fields = fields


class RotationSerializer(serializers.Serializer[Any]):
    """How long the secret of before opens the key too."""

    overlap_s = serializers.IntegerField(
        min_value=0, max_value=LONGEST_OVERLAP_S, default=DAY_S, help_text="0: not at all."
    )

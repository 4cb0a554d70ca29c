"""Shapes of providers, routes, prices, calls and usage. A key goes in and never comes out."""

from typing import Any

from rest_framework import serializers

from apps.gateway.models import MOST_CALLS, LlmCall, Provider

KINDS = [Provider.Kind.OPENAI.value, Provider.Kind.LITELLM.value]


class KeySerializer(serializers.Serializer[Any]):
    """What may be told of a key."""

    last4 = serializers.CharField()
    status = serializers.CharField()
    reason = serializers.CharField(source="disabled_reason")
    created_at = serializers.DateTimeField()


class ProviderSerializer(serializers.ModelSerializer[Provider]):
    """A provider and the state that it is in."""

    state = serializers.ChoiceField(
        choices=["ready", "disabled", "withdrawn", "needs_key", "key_refused"]
    )
    key = KeySerializer(source="credential", allow_null=True)
    lent = serializers.SerializerMethodField(
        help_text="Whether the platform lends it, with its key."
    )

    def get_lent(self, provider: Provider) -> bool:
        return provider.grant_id is not None

    class Meta:
        model = Provider
        fields = [
            "id", "slug", "name", "kind", "base_url", "litellm_provider", "status", "state", "key",
            "capabilities", "needs_key", "default_model", "known_models", "max_calls", "lent", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class ProviderSettingsSerializer(serializers.Serializer[Any]):
    """What is set of a provider, when it is made and later."""

    name = serializers.CharField(max_length=120, required=False)
    base_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    credential = serializers.CharField(
        max_length=4096, required=False, write_only=True, help_text="The key; never shown again."
    )
    default_model = serializers.CharField(max_length=200, required=False, allow_blank=True)
    needs_key = serializers.BooleanField(required=False)
    max_calls = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=1,
        max_value=MOST_CALLS,
        help_text="How many steps may call it at a time; the others wait in turn. Null: any number.",
    )
    capabilities = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=10, required=False
    )


class ProviderChangeSerializer(ProviderSettingsSerializer):
    """What of a provider can be changed."""

    status = serializers.ChoiceField(choices=Provider.Status.choices, required=False)


class NewProviderSerializer(ProviderSettingsSerializer):
    """A provider to connect."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=KINDS)
    slug = serializers.CharField(max_length=63, required=False)
    litellm_provider = serializers.CharField(max_length=40, required=False, allow_blank=True)


class TrySerializer(serializers.Serializer[Any]):
    """Which model to ask; without one the provider's own."""

    model = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class TrialSerializer(serializers.Serializer[Any]):
    """How the test went, in words."""

    ok = serializers.BooleanField()
    message = serializers.CharField()
    hint = serializers.CharField()
    model = serializers.CharField()
    latency_ms = serializers.IntegerField()


class ImportedModelsSerializer(serializers.Serializer[Any]):
    """How many models a provider told of, and how many prices of them are new."""

    models = serializers.IntegerField()
    prices = serializers.IntegerField()
    problem = serializers.CharField(help_text="Why it told nothing; empty where it did.")


class CallSerializer(serializers.ModelSerializer[LlmCall]):
    """One row of the ledger; `cost_usd` is null where the price is not known."""

    run = serializers.UUIDField(source="run_id", allow_null=True)
    node = serializers.CharField(source="node_id")
    verdict = serializers.CharField(
        help_text="`passed`, `failed` or `open` (nothing could tell), or empty where the answer was "
        "not checked."
    )
    cache = serializers.CharField(
        help_text="`hit`, `semantic` (kept for another question), `miss`, or empty where the answer "
        "may not come from the cache."
    )
    similarity = serializers.FloatField(
        allow_null=True, help_text="Of the question to the one whose kept answer was given."
    )
    key = serializers.UUIDField(source="key_id", allow_null=True, help_text="Who asked over /v1.")
    credential = serializers.UUIDField(
        source="credential_id", allow_null=True, help_text="The key that the provider was shown."
    )
    guards = serializers.ListField(
        child=serializers.DictField(),
        help_text="What guards found and did: place, kind, action, count. Never what was found.",
    )
    withheld = serializers.ListField(
        child=serializers.CharField(),
        help_text="Classes of data of which the prompt held placeholders.",
    )

    class Meta:
        model = LlmCall
        fields = [
            "id", "request_id", "run", "node", "key", "credential", "route", "route_version", "task", "task_class", "provider",
            "model", "status", "error_code", "attempts", "input_tokens", "output_tokens",
            "tokens_estimated", "cost_usd", "verdict", "explored", "guards", "withheld", "cache", "similarity", "saved_usd",
            "latency_ms", "ttft_ms", "streamed", "builtin", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class TotalsSerializer(serializers.Serializer[Any]):
    """Sums; `unpriced` calls succeeded but have no known price."""

    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    unpriced = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.DecimalField(max_digits=24, decimal_places=10)
    hits = serializers.IntegerField(help_text="Answered from the cache.")
    saved_usd = serializers.DecimalField(max_digits=24, decimal_places=10)


class DayTotalsSerializer(TotalsSerializer):
    """Sums of a day."""

    day = serializers.DateField()


class RouteTotalsSerializer(TotalsSerializer):
    """Sums of a route; empty for tests of providers."""

    route = serializers.CharField(allow_blank=True)


class ProviderTotalsSerializer(TotalsSerializer):
    """Sums of a provider's model."""

    provider = serializers.CharField(allow_blank=True)
    model = serializers.CharField(allow_blank=True)


class UsageSerializer(serializers.Serializer[Any]):
    """What calls to models took and cost in a period."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = TotalsSerializer()
    by_day = DayTotalsSerializer(many=True)
    by_route = RouteTotalsSerializer(many=True)
    by_provider = ProviderTotalsSerializer(many=True)

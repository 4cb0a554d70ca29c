"""Shapes of providers, routes, prices, calls and usage. A key goes in and never comes out."""

from typing import Any

from rest_framework import serializers

from apps.gateway.budgets.forecast import CERTAINTY
from apps.gateway.models import MOST_CALLS, LlmCall, Provider

USD: dict[str, Any] = {"max_digits": 24, "decimal_places": 10}
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
        help_text="How many steps may call it at a time; the others wait in turn. So many calls of programs go on in each web process; others go to the next target, or are answered 429. Null: any number.",
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
    problem = serializers.CharField(
        help_text="Why it told nothing, or no prices; empty where it told all."
    )


class CallSerializer(serializers.ModelSerializer[LlmCall]):
    """One row of the ledger; `cost_usd` is null where the price is not known."""

    run = serializers.UUIDField(source="run_id", allow_null=True)
    workflow = serializers.UUIDField(
        source="workflow_id", allow_null=True, help_text="Whose run asked."
    )
    member = serializers.UUIDField(
        source="user_id", allow_null=True, help_text="On whose behalf it was asked."
    )
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
            "id", "request_id", "run", "node", "workflow", "member", "key", "credential", "route", "route_version", "task", "task_class", "provider",
            "model", "status", "error_code", "attempts", "input_tokens", "output_tokens",
            "tokens_estimated", "cost_usd", "mix_usd", "dearest_usd", "verdict", "explored", "guards", "withheld", "cache", "similarity", "saved_usd",
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


class ForecastDaySerializer(serializers.Serializer[Any]):
    """What the month will have taken when a day ends."""

    day = serializers.DateField()
    expected_usd = serializers.DecimalField(source="expected", **USD)
    low_usd = serializers.DecimalField(source="low", **USD)
    high_usd = serializers.DecimalField(source="high", **USD)


class ForecastSerializer(serializers.Serializer[Any]):
    """What the month will take in all, by its days: of 100 such months `certainty` end within it."""

    expected_usd = serializers.DecimalField(source="expected", **USD)
    low_usd = serializers.DecimalField(source="low", **USD)
    high_usd = serializers.DecimalField(source="high", **USD)
    certainty = serializers.IntegerField(default=CERTAINTY, help_text="In percent.")
    days_known = serializers.IntegerField(help_text="Whole days that it was made from.")
    days = ForecastDaySerializer(source="points", many=True)


class MonthSerializer(serializers.Serializer[Any]):
    """The month that goes on, in the time zone in which money is counted."""

    first = serializers.DateField()
    last = serializers.DateField()
    spent_usd = serializers.DecimalField(source="spent", **USD)
    forecast = ForecastSerializer(
        source="ahead", allow_null=True, help_text="Null while less than a week is known."
    )


class SavingsSerializer(serializers.Serializer[Any]):
    """What choosing saved on calls that more than one model could take, all prices known.

    `mix_usd` is what the same tokens cost at a random one of the targets that each decision allowed,
    `dearest_usd` at the dearest. That their answers would have been as good is assumed.
    """

    calls = serializers.IntegerField()
    cost_usd = serializers.DecimalField(**USD)
    mix_usd = serializers.DecimalField(**USD)
    dearest_usd = serializers.DecimalField(**USD)
    saved_usd = serializers.DecimalField(**USD, help_text="Against the random mix.")
    saved_percent = serializers.DecimalField(max_digits=12, decimal_places=1)
    against_dearest_percent = serializers.DecimalField(max_digits=12, decimal_places=1)
    checked = serializers.IntegerField(help_text="Answers that could be checked.")
    held = serializers.IntegerField(help_text="Those of them that held.")


class UsageRowSerializer(serializers.Serializer[Any]):
    """The sums of one workflow, member, key, route or model."""

    id = serializers.CharField(
        source="value", allow_null=True, help_text="Null for calls that have none."
    )
    name = serializers.CharField(help_text="A general word where you may not see it.")
    provider = serializers.CharField(source="more", help_text="Of a model; else empty.")
    totals = TotalsSerializer(source="sums")


class UsageSerializer(serializers.Serializer[Any]):
    """What calls to models took and cost in a period."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    total = TotalsSerializer()
    by_day = DayTotalsSerializer(many=True)
    by_route = RouteTotalsSerializer(many=True)
    by_provider = ProviderTotalsSerializer(many=True)
    month = MonthSerializer(help_text="The month that goes on, whatever period is asked for.")
    savings = SavingsSerializer()

"""Services as the API tells them."""

from typing import Any

from rest_framework import serializers

from apps.breakers.filters import STATES


class ServiceSerializer(serializers.Serializer[Any]):
    """A service that failed lately, and whether calls to it go through."""

    id = serializers.CharField()
    kind = serializers.CharField(source="service", help_text="Such as http, model or mail.")
    target = serializers.CharField(help_text="Which one, such as a host.")
    state = serializers.ChoiceField(choices=STATES)
    failures = serializers.IntegerField(help_text="How many calls failed in a row.")
    last_error = serializers.CharField(allow_blank=True)
    last_failed_at = serializers.DateTimeField()
    since = serializers.DateTimeField(
        source="since_at", help_text="Since when it is left alone, or goes well again."
    )
    next_try_at = serializers.DateTimeField(
        allow_null=True, help_text="When the next call is let through; null when all are."
    )

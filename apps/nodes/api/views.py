"""The catalogue of node types, and when the rules that steps hold come true."""

from datetime import UTC, datetime
from itertools import islice

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.accounts.roles import ANY_MEMBER
from apps.common.errors import Invalid
from apps.common.types import JSONDict
from apps.nodes.catalogue import catalogue
from apps.nodes.moments import fire_times, in_words, next_fire_time, zone

SHOWN = 5  # fire times
LONGEST = 200  # letters of a rule


class NodeTypesView(TenantAPIView):
    """Every node type: ports, schemas, documentation and an example."""

    permission_required = {"GET": ANY_MEMBER}

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, operation_id="node_types")
    def get(self, request: Request) -> Response:
        """Return the node types."""
        return Response({"results": catalogue()})


class CronTimesSerializer(serializers.Serializer[JSONDict]):
    """A cron rule in words, and when it comes true next."""

    words = serializers.CharField()
    times = serializers.ListField(child=serializers.DateTimeField())


class FireTimesView(TenantAPIView):
    """When a cron rule comes true."""

    permission_required = {"GET": ANY_MEMBER}

    @extend_schema(
        parameters=[
            OpenApiParameter("cron", str, required=True, description="Five fields."),
            OpenApiParameter(
                "time_zone", str, description="Such as Europe/Berlin; UTC if left out."
            ),
        ],
        responses={200: CronTimesSerializer},
        operation_id="fire_times",
    )
    def get(self, request: Request) -> Response:
        """Return what a cron rule says, with its next five times."""
        rule = " ".join(request.query_params.get("cron", "")[: LONGEST + 1].split())
        zone_name = request.query_params.get("time_zone") or "UTC"
        if len(rule) > LONGEST:
            raise Invalid.at("cron", f"A rule has at most {LONGEST} letters.")
        field, now = "time_zone", datetime.now(UTC)
        try:
            zone(zone_name)
            field = "cron"
            next_fire_time(rule, zone_name, now)
        except ValueError as error:
            raise Invalid.at(field, str(error)) from None
        times = list(islice(fire_times(rule, zone_name, now), SHOWN))
        return Response(CronTimesSerializer({"words": in_words(rule), "times": times}).data)

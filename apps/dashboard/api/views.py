"""The endpoint of limits."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.dashboard.api.serializers import LimitsSerializer
from apps.dashboard.limits import limits_for


class LimitsView(TenantAPIView):
    """What bounds the workspace."""

    permission_required = {"GET": "usage.view"}

    @extend_schema(responses=LimitsSerializer, operation_id="limits")
    def get(self, request: Request) -> Response:
        """Return the limits of runs, queue and calls, and what is used of them now."""
        return Response(LimitsSerializer(limits_for(self.actor)).data)

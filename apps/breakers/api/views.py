"""Endpoints of the services that failed lately."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.breakers import services
from apps.breakers.api.serializers import ServiceSerializer
from apps.breakers.filters import STATES, filtered
from apps.common.pagination import ListPagination

FILTERS = [
    OpenApiParameter("q", str, description="A part of the target or of the last error."),
    OpenApiParameter("kind", str),
    OpenApiParameter("state", str, enum=STATES),
]


class ServicesView(TenantAPIView):
    """The services that failed lately; those that do well are known to nobody."""

    permission_required = {"GET": "service.view"}
    pagination_class = ListPagination  # for the schema

    @extend_schema(
        parameters=FILTERS, responses=ServiceSerializer(many=True), operation_id="services_list"
    )
    def get(self, request: Request) -> Response:
        """List services, the last failure first."""
        kept = filtered(services.list_services(actor=self.actor), request.query_params)
        return ListPagination.answer(request, kept, ServiceSerializer)


class ServiceView(TenantAPIView):
    """One service that failed lately."""

    permission_required = {"GET": "service.view"}

    @extend_schema(responses=ServiceSerializer)
    def get(self, request: Request, service_id: str) -> Response:
        """Return how a service does."""
        found = services.find_service(service_id, actor=self.actor)
        return Response(ServiceSerializer(found).data)


class TryView(TenantAPIView):
    """Trying a service at once."""

    permission_required = {"POST": "service.manage"}

    @extend_schema(request=None, responses=ServiceSerializer)
    def post(self, request: Request, service_id: str) -> Response:
        """Let the next call to the service through; it decides whether others follow."""
        found = services.try_service(service_id, actor=self.actor)
        return Response(ServiceSerializer(found).data)

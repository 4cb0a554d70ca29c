"""The catalogue of node types."""

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.accounts.roles import ANY_MEMBER
from apps.nodes.catalogue import catalogue


class NodeTypesView(TenantAPIView):
    """Every node type: ports, schemas, documentation and an example."""

    permission_required = {"GET": ANY_MEMBER}

    @extend_schema(responses={200: OpenApiTypes.OBJECT}, operation_id="node_types")
    def get(self, request: Request) -> Response:
        """Return the node types."""
        return Response({"results": catalogue()})

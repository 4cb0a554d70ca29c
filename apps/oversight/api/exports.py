"""Endpoints of exports: asked for, followed, and fetched piece by piece."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.rendering import OCTETS, Octets
from apps.files import sending
from apps.oversight import services
from apps.oversight.api.serializers import ExportSerializer, NewExportSerializer
from apps.oversight.models import Export


class ExportViewSet(mixins.ListModelMixin, TenantViewSet[Export]):
    """Copies of parts of the trail: your own, until they expire."""

    queryset = Export.objects.all()
    serializer_class = ExportSerializer
    permission_required: ClassVar = {"GET": "audit.view", "POST": "audit.view"}
    proof_required = ("POST",)

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List your exports, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ExportSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an export of yours, with its progress."""
        return Response(ExportSerializer(self.get_object()).data)

    @extend_schema(request=NewExportSerializer, responses={202: ExportSerializer})
    def create(self, request: Request) -> Response:
        """Have entries written, with their values before and after; one export at a time."""
        job = services.start_export(actor=self.actor, **self.asked(NewExportSerializer))
        return Response(ExportSerializer(job).data, status=HTTPStatus.ACCEPTED)


class PieceView(TenantAPIView):
    """One piece of an export."""

    renderer_classes = [Octets, JSONRenderer]
    permission_required: ClassVar = {"GET": "audit.view"}

    @extend_schema(
        responses={(200, OCTETS): OpenApiTypes.BINARY}, operation_id="audit_export_piece"
    )
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """Return a piece, of which 1 is the first; one after the other they are the file."""
        export = services.readable_export(pk, actor=self.actor)
        answer = sending.piece(export.pieces, number)
        if number == 1:
            services.open_export(pk, actor=self.actor)
        return answer

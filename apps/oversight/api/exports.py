"""Endpoints of exports: asked for, followed, and fetched piece by piece."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.errors import NotFound
from apps.files import services as files
from apps.oversight import services
from apps.oversight.api.serializers import ExportSerializer, NewExportSerializer
from apps.oversight.models import Export

OCTETS = "application/octet-stream"


class PieceRenderer(BaseRenderer):
    """Lets whoever asks for a piece have it."""

    media_type, format, charset, render_style = OCTETS, "piece", None, "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> Any:
        return data


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
        serializer = NewExportSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        job = services.start_export(actor=self.actor, **serializer.validated_data)
        return Response(ExportSerializer(job).data, status=HTTPStatus.ACCEPTED)


class PieceView(TenantAPIView):
    """One piece of an export."""

    renderer_classes = [PieceRenderer, JSONRenderer]
    permission_required: ClassVar = {"GET": "audit.view"}

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        return super().handle_exception(exc)

    @extend_schema(
        responses={(200, OCTETS): OpenApiTypes.BINARY}, operation_id="audit_export_piece"
    )
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """Return a piece, of which 1 is the first; one after the other they are the file."""
        export = services.readable_export(pk, actor=self.actor)
        piece = export.pieces.select_related("blob").filter(number=number).first()
        if piece is None:
            raise NotFound
        if number == 1:
            services.open_export(pk, actor=self.actor)
        answer = HttpResponse(files.load(piece.blob), content_type=OCTETS)
        answer["Content-Disposition"] = "attachment"
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Cache-Control"] = "no-store"
        return answer

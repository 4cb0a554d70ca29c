"""Endpoints of archives: asked for, followed, cancelled, fetched piece by piece, deleted."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.rendering import OCTETS, Octets
from apps.files import sending
from apps.portability import services
from apps.portability.api.serializers import ArchiveSerializer, NewArchiveSerializer
from apps.portability.models import Export


class ArchiveViewSet(mixins.ListModelMixin, TenantViewSet[Export]):
    """Archives of the workspace, until they expire."""

    queryset = Export.objects.select_related("started_by", "snapshot")
    serializer_class = ArchiveSerializer
    permission_required: ClassVar = {
        "GET": "archive.view",
        "POST": "archive.manage",
        "DELETE": "archive.manage",
    }
    proof_required = ("POST", "DELETE")

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the archives, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ArchiveSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an archive, with its progress."""
        return Response(ArchiveSerializer(self.get_object()).data)

    @extend_schema(request=NewArchiveSerializer, responses={202: ArchiveSerializer})
    def create(self, request: Request) -> Response:
        """Have the workspace written as an archive; one at a time for each person."""
        export = services.start_export(actor=self.actor, **self.asked(NewArchiveSerializer))
        return Response(ArchiveSerializer(export).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(request=None, responses=ArchiveSerializer)
    @action(detail=True, methods=["POST"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End an archive that is being written."""
        export = services.cancel_export(self.get_object().pk, actor=self.actor)
        return Response(ArchiveSerializer(export).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete an archive; one that is being written ends."""
        services.delete_export(self.get_object().pk, actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class PieceView(TenantAPIView):
    """One piece of an archive."""

    renderer_classes = [Octets, JSONRenderer]
    permission_required: ClassVar = {"GET": "archive.manage"}
    proof_required = ("GET",)

    @extend_schema(responses={(200, OCTETS): OpenApiTypes.BINARY}, operation_id="archive_piece")
    def get(self, request: Request, pk: UUID, number: int) -> HttpResponse:
        """Return a piece, of which 1 is the first; one after the other they are the ZIP."""
        export = services.readable_export(pk, actor=self.actor)
        answer = sending.piece(export.pieces, number)
        if number == 1:
            services.open_export(pk, actor=self.actor)
        return answer

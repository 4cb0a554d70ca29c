"""Endpoints of archives that come in: begun, sent piece by piece, started, followed, cancelled."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import IO, Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.portability import receiving
from apps.portability.api.serializers import (
    ArchiveImportSerializer,
    NewArchiveImportSerializer,
    StartArchiveImportSerializer,
)
from apps.portability.exceptions import PieceTooLarge
from apps.portability.models import Import

OCTETS = "application/octet-stream"


class PieceParser(BaseParser):
    """Hands a piece on as bytes, not more than a piece may have."""

    media_type = OCTETS

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        raw = stream.read(receiving.MOST_PIECE + 1)
        if len(raw) > receiving.MOST_PIECE:
            raise PieceTooLarge
        return raw


class ArchiveImportViewSet(mixins.ListModelMixin, TenantViewSet[Import]):
    """Archives that come into this workspace."""

    queryset = Import.objects.select_related("started_by")
    serializer_class = ArchiveImportSerializer
    permission_required: ClassVar = {
        "GET": "archive.view",
        "POST": "archive.manage",
    }

    @property
    def proof_required(self) -> tuple[str, ...]:  # type: ignore[override]
        """Starting asks for a fresh proof; sending alone changes nothing."""
        return ("POST",) if self.action == "start" else ()

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the archives that came in or were to, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ArchiveImportSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return one, with its progress and, in the end, what came of it."""
        return Response(ArchiveImportSerializer(self.get_object()).data)

    @extend_schema(request=NewArchiveImportSerializer, responses={201: ArchiveImportSerializer})
    def create(self, request: Request) -> Response:
        """Begin to send an archive. It comes into a new workspace alone: elsewhere the import fails."""
        job = receiving.begin_import(actor=self.actor, **self.asked(NewArchiveImportSerializer))
        return Response(ArchiveImportSerializer(job).data, status=HTTPStatus.CREATED)

    @extend_schema(request=StartArchiveImportSerializer, responses={202: ArchiveImportSerializer})
    @action(detail=True, methods=["POST"])
    def start(self, request: Request, pk: str) -> Response:
        """Have an archive that was sent come in, all of it or nothing."""
        asked = self.asked(StartArchiveImportSerializer)
        job = receiving.start_import(self.get_object().pk, actor=self.actor, **asked)
        return Response(ArchiveImportSerializer(job).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(request=None, responses=ArchiveImportSerializer)
    @action(detail=True, methods=["POST"])
    def cancel(self, request: Request, pk: str) -> Response:
        """End one that is not over; nothing of it stays."""
        job = receiving.cancel_import(self.get_object().pk, actor=self.actor)
        return Response(ArchiveImportSerializer(job).data)


class ImportPieceView(TenantAPIView):
    """One piece of an archive that is sent."""

    parser_classes = [PieceParser]
    permission_required: ClassVar = {"PUT": "archive.manage"}

    @extend_schema(
        request={OCTETS: OpenApiTypes.BINARY}, responses=ArchiveImportSerializer,
        operation_id="archive_import_piece",
    )  # fmt: skip
    def put(self, request: Request, pk: UUID, number: int) -> Response:
        """Send a piece of at most 8 MiB, of which 1 is the first; the last one again changes nothing."""
        data: Any = request.data
        job = receiving.add_piece(pk, number, data, actor=self.actor)
        return Response(ArchiveImportSerializer(job).data)

"""Endpoints of evidence packs."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.rendering import AsItIs
from apps.evidence import services
from apps.evidence.api.serializers import NewPackSerializer, PackSerializer
from apps.evidence.filters import packs_in
from apps.evidence.models import Pack, PackQuerySet
from apps.files import sending

ZIP = "application/zip"
FILTERS = [
    OpenApiParameter("q", str, description="A part of the name of who asked."),
    OpenApiParameter("status", str, enum=Pack.Status.values),
]


class ZipRenderer(AsItIs):
    """Lets whoever asks for a ZIP have it."""

    media_type, format = ZIP, "zip"


class PackViewSet(mixins.ListModelMixin, TenantViewSet[Pack]):
    """Evidence packs."""

    queryset = Pack.objects.select_related("asked_by")
    serializer_class = PackSerializer
    permission_required: ClassVar = {
        "GET": "evidence.view",
        "POST": "evidence.manage",
        "DELETE": "evidence.manage",
    }
    proof_required = ("POST", "DELETE")

    def get_queryset(self) -> QuerySet[Pack]:
        queryset = super().get_queryset()
        if self.action != "list":
            return queryset
        assert isinstance(queryset, PackQuerySet)
        return packs_in(queryset, self.request.query_params)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List packs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=PackSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a pack, with its progress."""
        return Response(PackSerializer(self.get_object()).data)

    @extend_schema(request=NewPackSerializer, responses={202: PackSerializer})
    def create(self, request: Request) -> Response:
        """Have the evidence of a period written; one pack at a time for each person."""
        pack = services.start_pack(actor=self.actor, **self.asked(NewPackSerializer))
        return Response(PackSerializer(pack).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(request=None, responses=PackSerializer)
    @action(detail=True, methods=["POST"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Give a pack up while it is written."""
        return Response(PackSerializer(services.cancel(self.get_object(), actor=self.actor)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a pack, unless a legal hold keeps it."""
        services.delete(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)


class FileView(TenantAPIView):
    """The file of a pack."""

    renderer_classes = [ZipRenderer, JSONRenderer]
    permission_required: ClassVar = {"GET": "evidence.view"}
    proof_required = ("GET",)

    @extend_schema(responses={(200, ZIP): OpenApiTypes.BINARY}, operation_id="evidence_pack_file")
    def get(self, request: Request, pk: UUID) -> HttpResponseBase:
        """Return a pack as a ZIP; that it was fetched is written down."""
        pack = services.open_pack(pk, actor=self.actor)
        return sending.whole(pack.parts, name=f"{pack}", media_type=ZIP)

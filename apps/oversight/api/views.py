"""Endpoints of the trail: its entries, its chain, and verifications of it."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.audit.models import AuditEntry
from apps.common.errors import NotFound
from apps.oversight import entries, services
from apps.oversight.api.pagination import EntryPagination
from apps.oversight.api.serializers import (
    ChainSerializer,
    EntrySerializer,
    VerificationSerializer,
    WholeEntrySerializer,
)
from apps.oversight.models import Verification
from apps.oversight.searching import filtered

FILTERS = [
    OpenApiParameter("q", str, description="In names, or the id of an object, request or address."),
    OpenApiParameter("actor", str, description="The id of a member, or `system`."),
    OpenApiParameter("action", str, description="Such as `member.added`, or `member.*`."),
    OpenApiParameter("object", str, description="The id of an object, or its type."),
    OpenApiParameter("ip", str, description="An address."),
    OpenApiParameter("request", str, description="The id of a request."),
    OpenApiParameter("result", str, enum=list(AuditEntry.Result.values)),
    OpenApiParameter("since", str, description="A time or a day; entries from then on."),
    OpenApiParameter("until", str, description="A time or a day; entries before."),
]


class EntryViewSet(mixins.ListModelMixin, TenantViewSet[AuditEntry]):
    """The audit trail: who did what. It can be read, and never changed."""

    queryset = AuditEntry.objects.all()
    serializer_class = EntrySerializer
    pagination_class = EntryPagination
    permission_required: ClassVar = {"GET": "audit.view"}

    def get_queryset(self) -> QuerySet[AuditEntry]:
        return filtered(super().get_queryset(), self.request.query_params)

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List entries, newest first, without the values before and after."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=WholeEntrySerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an entry in full; that you read it is told in the trail."""
        entry = services.open_entry(_uuid(pk), actor=self.actor)
        return Response(WholeEntrySerializer(entry).data)


class ChainView(TenantAPIView):
    """The chain of signed hashes that the entries are linked into."""

    permission_required: ClassVar = {"GET": "audit.view"}

    @extend_schema(responses=ChainSerializer)
    def get(self, request: Request) -> Response:
        """Return how the chain stands: its last signed checkpoint, and what the last check found."""
        chain = entries.chain()
        told = {
            "checkpoint": str(chain.last) if chain.last else None,
            "signature": chain.last.signature if chain.last else None,
            "check": chain.check,
        }
        return Response(ChainSerializer(told).data)


class VerificationViewSet(mixins.ListModelMixin, TenantViewSet[Verification]):
    """Walks along the whole chain."""

    queryset = Verification.objects.select_related("started_by")
    serializer_class = VerificationSerializer
    permission_required: ClassVar = {"GET": "audit.view", "POST": "audit.view"}

    @extend_schema()
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List verifications, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=VerificationSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a verification, with its progress and what it found."""
        return Response(VerificationSerializer(self.get_object()).data)

    @extend_schema(request=None, responses={202: VerificationSerializer})
    def create(self, request: Request) -> Response:
        """Have the chain verified from its beginning; at most six times an hour."""
        job = services.start_verification(actor=self.actor)
        return Response(VerificationSerializer(job).data, status=HTTPStatus.ACCEPTED)


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None

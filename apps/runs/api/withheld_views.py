"""What is withheld in a run: how much it is, what it is for who may know, and erasing it."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.runs import services
from apps.runs.models import Run
from apps.runs.services.revealing import MOST, summary


class WithheldSerializer(serializers.Serializer[Any]):
    """How many values are withheld, by class, and whether they are erased."""

    classes = serializers.DictField(child=serializers.IntegerField())
    erased_at = serializers.DateTimeField(allow_null=True)


class WantedSerializer(serializers.Serializer[Any]):
    """Placeholders, as they stand in the run."""

    values = serializers.ListField(
        child=serializers.CharField(max_length=100), min_length=1, max_length=MOST
    )


@extend_schema_field(OpenApiTypes.ANY)
class ValueField(serializers.JSONField):
    """Any JSON."""


class ShownSerializer(serializers.Serializer[Any]):
    """What stood where a placeholder stands; nothing where it is not kept any more."""

    placeholder = serializers.CharField()
    data_class = serializers.CharField()
    value = ValueField(allow_null=True)
    is_kept = serializers.BooleanField()


class RevealedSerializer(serializers.Serializer[Any]):
    """What stands behind placeholders."""

    values = ShownSerializer(many=True)


class WithheldView(TenantViewSet[Run]):
    """What is withheld in one run."""

    queryset = Run.objects.select_related("workflow__folder", "version")
    pagination_class = None
    shows_secret = True
    permission_required: ClassVar = {
        "GET": "run.view", "POST": "data.reveal", "DELETE": "data.erase",
    }  # fmt: skip

    @extend_schema(responses=WithheldSerializer, operation_id="run_withheld")
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Tell how many values are withheld; none of them is told."""
        run = self.get_object()
        told = {"classes": summary(run), "erased_at": run.erased_at}
        return Response(WithheldSerializer(told).data)

    @extend_schema(
        request=WantedSerializer,
        responses={HTTPStatus.OK: RevealedSerializer},
        operation_id="run_reveal",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Show what stands behind placeholders; the audit log says who was shown which."""
        wanted = self.asked(WantedSerializer)["values"]
        shown = services.reveal(self.get_object(), actor=self.actor, placeholders=wanted)
        answer = Response(RevealedSerializer({"values": shown}).data)
        answer["Cache-Control"] = "private, no-store"
        return answer

    @extend_schema(responses={204: None}, operation_id="run_erase")
    def destroy(self, request: Request, pk: UUID) -> Response:
        """Erase for good what is withheld in a finished run and those inside it."""
        services.erase(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

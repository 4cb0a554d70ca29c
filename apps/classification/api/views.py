"""Endpoints of classes of data."""

from http import HTTPStatus
from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.classification import services
from apps.classification.api.serializers import (
    DataClassChangeSerializer,
    DataClassSerializer,
    DataClassUseSerializer,
    NewDataClassSerializer,
)
from apps.classification.models import DataClass
from apps.classification.uses import uses_of

WORDS = OpenApiParameter("q", str, description="A part of the name, slug or description.")
MANAGE = "data_class.manage"


class DataClassViewSet(mixins.ListModelMixin, TenantViewSet[DataClass]):
    """Classes of data, with which fields are marked whose values are withheld."""

    queryset = DataClass.objects.all()
    serializer_class = DataClassSerializer
    lookup_field = "slug"
    lookup_value_converter = "slug"
    permission_required: ClassVar = {
        "GET": "data_class.view", "POST": MANAGE, "PATCH": MANAGE, "DELETE": MANAGE,
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[DataClass]:
        services.classes()
        queryset = super().get_queryset()
        if self.action != "list":
            return queryset
        words = self.request.query_params.get("q", "")
        return queryset.filter(pk__in=DataClass.objects.matching(words))

    @extend_schema(parameters=[WORDS])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the classes: those that come with every workspace first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=DataClassSerializer)
    def retrieve(self, request: Request, slug: str) -> Response:
        """Return a class."""
        return Response(DataClassSerializer(self.get_object()).data)

    @extend_schema(request=NewDataClassSerializer, responses={201: DataClassSerializer})
    def create(self, request: Request) -> Response:
        """Make a class of the workspace's own."""
        changes = self.asked(NewDataClassSerializer)
        slug = changes.pop("slug")
        made = services.add_class(actor=self.actor, slug=slug, changes=changes)
        return Response(DataClassSerializer(made).data, status=HTTPStatus.CREATED)

    @extend_schema(request=DataClassChangeSerializer, responses=DataClassSerializer)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change what holds for a class from now on."""
        asked = self.asked(DataClassChangeSerializer)
        changed = services.change_class(self.get_object(), actor=self.actor, changes=asked)
        return Response(DataClassSerializer(changed).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:
        """Remove a class that marks nothing any more."""
        services.remove_class(self.get_object(), actor=self.actor)
        return Response(status=HTTPStatus.NO_CONTENT)

    @extend_schema(responses=DataClassUseSerializer(many=True))
    @action(detail=True, methods=["GET"], pagination_class=None, filter_backends=[])
    def uses(self, request: Request, slug: str) -> Response:
        """List what marks values with the class."""
        found = uses_of(self.get_object().slug, self.actor)
        return Response(DataClassUseSerializer(found, many=True).data)

"""Who has what, over the API."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.access.filters import FACTORS, KINDS, STATES, seen_by
from apps.access.holders import describe
from apps.accounts.api.views import TenantViewSet
from apps.accounts.models import User

FILTERS = [
    OpenApiParameter("q", str, description="A part of the name or e-mail."),
    OpenApiParameter("kind", str, enum=list(KINDS)),
    OpenApiParameter("role", str, description="Held anywhere, also through a group."),
    OpenApiParameter("state", str, enum=list(STATES)),
    OpenApiParameter("factor", str, enum=list(FACTORS), description="A second factor."),
    OpenApiParameter("use", str, enum=["dormant"], description="Nothing seen for 90 days."),
]


class HeldSerializer(serializers.Serializer[Any]):
    """A role, where it is held, and by what."""

    role = serializers.CharField()
    place = serializers.CharField()
    through = serializers.CharField()
    since = serializers.DateTimeField()


class OpenerSerializer(serializers.Serializer[Any]):
    """A key or token by which they act."""

    name = serializers.CharField()
    kind = serializers.CharField()
    role = serializers.CharField()
    networks = serializers.ListField(child=serializers.CharField())
    last_used_at = serializers.DateTimeField(allow_null=True)
    ends_at = serializers.DateTimeField(allow_null=True)


class HolderSerializer(serializers.Serializer[Any]):
    """A person or a program with all that they hold."""

    id = serializers.UUIDField(source="user.pk")
    name = serializers.CharField(source="user.name")
    kind = serializers.CharField(source="user.kind")
    is_active = serializers.BooleanField(source="user.is_active")
    second_factor = serializers.BooleanField(source="has_second_factor")
    comes_through = serializers.CharField()
    last_seen_at = serializers.DateTimeField(allow_null=True)
    is_dormant = serializers.BooleanField()
    roles = HeldSerializer(many=True)
    openers = OpenerSerializer(many=True)


class HolderViewSet(mixins.ListModelMixin, TenantViewSet[User]):
    """Who has what, where it comes from, and when it was last used."""

    queryset = User.objects.all()
    serializer_class = HolderSerializer
    permission_required: ClassVar = {"GET": "audit.view"}

    def get_queryset(self) -> QuerySet[User]:
        if getattr(self, "swagger_fake_view", False):
            return super().get_queryset()
        found: QuerySet[User] = seen_by(self.actor, self.request.query_params)
        return found

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List people and programs with their roles, keys and last signs of life, newest first."""
        page = self.paginate_queryset(self.get_queryset())
        assert page is not None
        data = HolderSerializer(describe(list(page)), many=True).data
        return self.get_paginated_response(data)

"""Endpoints of one's own notifications."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantViewSet
from apps.accounts.roles import ANY_MEMBER
from apps.notifications import services
from apps.notifications.models import Notification


class NotificationSerializer(serializers.ModelSerializer[Notification]):
    """Something that one was told; `path` is where to see it, on the workspace's site."""

    class Meta:
        model = Notification
        fields = ["id", "kind", "title", "text", "path", "read_at", "created_at"]
        read_only_fields = fields


class ReadSerializer(serializers.Serializer[Any]):
    """How much was unread before."""

    marked = serializers.IntegerField()


class NotificationViewSet(mixins.ListModelMixin, TenantViewSet[Notification]):
    """What one was told."""

    queryset = Notification.objects.all()
    serializer_class = NotificationSerializer
    permission_required: ClassVar = {"GET": ANY_MEMBER, "POST": ANY_MEMBER}

    def get_queryset(self) -> QuerySet[Notification]:
        queryset = super().get_queryset()
        unread = self.request.query_params.get("unread") == "true"
        return queryset.filter(read_at=None) if unread else queryset

    @extend_schema(parameters=[OpenApiParameter("unread", str, enum=["true", "false"])])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List one's own notifications, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=None, responses=NotificationSerializer)
    @action(detail=True, methods=["POST"])
    def read(self, request: Request, pk: str) -> Response:
        """Note that it was looked at; repeating changes nothing."""
        found = self.get_object()
        services.mark_read(found)
        found.refresh_from_db()
        return Response(NotificationSerializer(found).data)

    @extend_schema(request=None, responses=ReadSerializer, operation_id="notifications_read_all")
    @action(detail=False, methods=["POST"], url_path="read", url_name="read-all")
    def read_all(self, request: Request) -> Response:
        """Note that everything was looked at."""
        return Response({"marked": services.mark_all_read(self.actor)})

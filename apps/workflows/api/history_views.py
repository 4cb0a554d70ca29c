"""Endpoints of a draft's history: its points, and what differs from the published version by author."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.common.errors import Invalid
from apps.workflows import contributions, drafts, points, restoring, services
from apps.workflows.api.history_serializers import (
    AuthorsSerializer,
    ContributionsSerializer,
    NameSerializer,
    NewNameSerializer,
    PointDetailSerializer,
    PointSerializer,
    RestorePointSerializer,
    people_of,
    told,
)
from apps.workflows.api.serializers import DiffSerializer, WorkflowDetailSerializer
from apps.workflows.api.views import answer
from apps.workflows.diff import diff
from apps.workflows.filters import POINT_KINDS, filtered_points
from apps.workflows.models import Point, PointQuerySet

POINTS = Point.objects.select_related("version", "workflow").defer("state", "version__definition")
FILTERS = [
    OpenApiParameter("author", UUID, description="Somebody who changed something in it."),
    OpenApiParameter("kind", str, enum=POINT_KINDS),
    OpenApiParameter("q", str, description="A part of its name."),
]


def _told(point: Point, serializer: type[PointSerializer] = PointSerializer) -> Any:
    return serializer(point, context={"people": people_of(point.authors)}).data


class HistoryView(mixins.ListModelMixin, TenantViewSet[Point]):
    """The history of a draft."""

    queryset = POINTS
    serializer_class = PointSerializer
    permission_required: ClassVar = {"GET": "workflow.view", "POST": "workflow.edit"}

    def get_queryset(self) -> QuerySet[Point]:
        queryset = super().get_queryset()
        if "pk" not in self.kwargs:
            return queryset
        assert isinstance(queryset, PointQuerySet)
        own = queryset.filter(workflow_id=self.kwargs["pk"])
        return filtered_points(own, self.request.query_params)

    @extend_schema(parameters=FILTERS, operation_id="workflow_history")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the points, newest first: bursts of changes, and what was published."""
        workflow = services.find_workflow(kwargs["pk"], actor=self.actor)
        points.record(workflow.pk)
        page: Any = self.paginate_queryset(self.get_queryset())
        people = people_of(author for point in page for author in point.authors)
        data = PointSerializer(page, many=True, context={"people": people}).data
        return self.get_paginated_response(data)

    @extend_schema(
        request=NewNameSerializer, responses={201: PointSerializer}, operation_id="workflow_name"
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Name the draft as it is now."""
        asked = self.asked(NewNameSerializer)
        workflow = services.find_workflow(pk, actor=self.actor)
        made = restoring.name_present(workflow, actor=self.actor, **asked)
        return Response(_told(made), status=HTTPStatus.CREATED)


class PointView(TenantViewSet[Point]):
    """One point of the history."""

    queryset = POINTS
    serializer_class = PointDetailSerializer
    permission_required: ClassVar = {
        "GET": "workflow.view",
        "PATCH": "workflow.edit",
        "POST": "workflow.edit",
    }

    def _point(self) -> Point:
        workflow = services.find_workflow(self.kwargs["pk"], actor=self.actor)
        return policies.find(
            self.actor, POINTS.filter(workflow=workflow), pk=self.kwargs["point_id"]
        )

    @extend_schema(responses=PointDetailSerializer, operation_id="workflow_point")
    def retrieve(self, request: Request, pk: UUID, point_id: UUID) -> Response:
        """Return a point with the definition as it was then."""
        return Response(_told(self._point(), PointDetailSerializer))

    @extend_schema(
        request=NameSerializer, responses=PointSerializer, operation_id="workflow_point_name"
    )
    def partial_update(self, request: Request, pk: UUID, point_id: UUID) -> Response:
        """Name a point, so that it is kept for ever, or take its name away."""
        asked = self.asked(NameSerializer)
        named = restoring.name_point(self._point(), actor=self.actor, **asked)
        return Response(_told(named))

    @extend_schema(
        parameters=[
            OpenApiParameter("with", str, enum=["before", "now"], required=True),
            OpenApiParameter("layout", bool, description="Whether moving a step is a change too."),
        ],
        responses=DiffSerializer,
        operation_id="workflow_point_diff",
    )
    def diff(self, request: Request, pk: UUID, point_id: UUID) -> Response:
        """Compare a point with what was before it, or with the draft as it is now."""
        point, other = self._point(), request.query_params.get("with", "")
        then = restoring.definition_at(point)
        layout = request.query_params.get("layout") == "true"
        if other == "before":
            return Response(diff(restoring.before(point), then, layout=layout))
        if other != "now":
            raise Invalid.at("with", "Use “before” or “now”.")
        return Response(diff(then, drafts.load(point.workflow).data, layout=layout))

    @extend_schema(
        request=RestorePointSerializer,
        responses=WorkflowDetailSerializer,
        operation_id="workflow_point_restore",
    )
    def restore(self, request: Request, pk: UUID, point_id: UUID) -> Response:
        """Make the draft, or one step of it, what it was then; an edit like any other."""
        asked = self.asked(RestorePointSerializer)
        point = self._point()
        return answer(restoring.restore_point(point, actor=self.actor, **asked))


class AuthorsView(TenantAPIView):
    """Who changed a draft."""

    permission_required: ClassVar = {"GET": "workflow.view"}

    @extend_schema(responses=AuthorsSerializer, operation_id="workflow_history_authors")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return everybody who is an author of a point, by name."""
        workflow = services.find_workflow(pk, actor=self.actor)
        points.record(workflow.pk)
        people = people_of(points.authors_since(workflow, 0))
        return Response({"results": sorted(people.values(), key=lambda each: str(each["name"]))})


class ContributionsView(TenantAPIView):
    """What publishing would let out, by who changed it."""

    permission_required: ClassVar = {"GET": "workflow.view"}

    @extend_schema(responses=ContributionsSerializer, operation_id="workflow_contributions")
    def get(self, request: Request, pk: UUID) -> Response:
        """Return what differs between the published version and the draft, by author."""
        workflow = services.find_workflow(pk, actor=self.actor)
        version = workflow.published_version
        shares = contributions.unpublished(workflow)
        return Response(told(version.number if version else None, shares, self.actor))

"""Endpoints of runs and approvals."""

from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts import policies
from apps.accounts.api.views import TenantAPIView, TenantViewSet
from apps.accounts.models import User
from apps.common.errors import Forbidden, Invalid
from apps.runs import services
from apps.runs.api.control import RunControl
from apps.runs.api.pagination import NodePagination, in_order
from apps.runs.api.requests import StartSerializer
from apps.runs.api.serializers import (
    AcceptedSignalSerializer,
    ApprovalSerializer,
    DecisionSerializer,
    EventsSerializer,
    ListedRunSerializer,
    NodeRunSerializer,
    SignalSerializer,
    StartedSerializer,
    WholeRunSerializer,
)
from apps.runs.api.streams import EventStreamRenderer
from apps.runs.approvals.voting import check_names_value
from apps.runs.filters import STATES, approvals_in, steps_in
from apps.runs.models import NodeRun, Run, Wait, WaitQuerySet
from apps.runs.searching import SPANS, filtered
from apps.runs.services.starting import dedupe_key_of
from apps.runs.state import payloads
from apps.runs.watching.feed import Feed
from apps.workflows.services import find_workflow

FILTERS = [
    OpenApiParameter("q", str, description="A part of the workflow's name or of the run's id."),
    OpenApiParameter("status", str, description="One or more, separated by commas."),
    OpenApiParameter("workflow", UUID),
    OpenApiParameter("trigger", str, description="One or more, separated by commas."),
    OpenApiParameter("parent", UUID, description="The run inside which they are."),
    OpenApiParameter("time", str, enum=list(SPANS), description="Created in the time until now."),
    OpenApiParameter("since", str, description="A time or a day; runs created from then on."),
    OpenApiParameter("until", str, description="A time or a day; runs created before."),
]
OF_STEPS = [
    OpenApiParameter(
        "frame",
        str,
        many=True,
        description="Rounds, such as `each_1.3`; empty: the workflow's own steps. Up to 50.",
    ),
    OpenApiParameter("node", str, many=True, description="Steps by their ids. Up to 50."),
]
AFTER = OpenApiParameter("after", int, description="The last `seq` that you have.")
LAST_EVENT_ID = OpenApiParameter(
    "Last-Event-ID", int, OpenApiParameter.HEADER, description="The same, as browsers send it."
)


class RunViewSet(mixins.ListModelMixin, RunControl):
    """Runs: what happened, and what may still be done about it."""

    queryset = Run.objects.select_related("workflow__folder", "version")
    serializer_class = ListedRunSerializer
    permission_required: ClassVar = {"GET": "run.view", "POST": "run.control"}

    def get_queryset(self) -> QuerySet[Run]:
        queryset = super().get_queryset()
        if self.action == "list":
            return filtered(queryset, self.request.query_params)
        return queryset

    @extend_schema(parameters=FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List runs, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=WholeRunSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return a run."""
        return Response(WholeRunSerializer(self.get_object()).data)

    @extend_schema(parameters=OF_STEPS, responses=NodeRunSerializer(many=True))
    @action(detail=True, methods=["GET"], pagination_class=NodePagination, filter_backends=[])
    def nodes(self, request: Request, pk: str) -> Response:
        """List the steps of a run in the order of the graph, with what they got and gave."""
        steps = in_order(steps_in(self.get_object().nodes.all(), request.query_params))
        page = self.paginate_queryset(steps)
        return self.get_paginated_response(NodeRunSerializer(page, many=True).data)


class NodeValueView(TenantViewSet[NodeRun]):
    """What one step of a run got or gave, whole, as a file."""

    queryset = NodeRun.objects.select_related("input_blob", "output_blob")
    pagination_class = None
    permission_required: ClassVar = {"GET": "run.view"}

    @extend_schema(
        parameters=[
            OpenApiParameter("name", str, OpenApiParameter.PATH, enum=["input", "output"]),
            OpenApiParameter("frame", str, description="The round in which the step lies."),
        ],
        responses={(200, "application/json"): OpenApiTypes.ANY},
        operation_id="run_node_value",
    )
    def retrieve(self, request: Request, pk: UUID, node: str, name: str) -> HttpResponse:
        """Return the whole input or output of a step, as JSON to be saved."""
        frame = request.query_params.get("frame", "")
        row = policies.find(self.actor, self.get_queryset(), run=pk, frame=frame, node=node)
        answer = HttpResponse(payloads.text_of(row, name), content_type="application/json")
        file_name = payloads.name_of_file(row, name)
        answer["Content-Disposition"] = f'attachment; filename="{file_name}"'
        answer["Content-Security-Policy"] = "sandbox; default-src 'none'"
        answer["Cache-Control"] = "private, no-store"
        return answer


class WorkflowRunsView(mixins.ListModelMixin, TenantViewSet[Run]):
    """The runs of one workflow."""

    queryset = Run.objects.select_related("workflow", "version")
    serializer_class = ListedRunSerializer
    permission_required: ClassVar = {"GET": "run.view", "POST": "workflow.run"}

    def get_queryset(self) -> QuerySet[Run]:
        queryset = filtered(super().get_queryset(), self.request.query_params)
        return queryset.filter(workflow_id=self.kwargs["pk"]) if "pk" in self.kwargs else queryset

    @extend_schema(parameters=[each for each in FILTERS if each.name != "workflow"])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List the runs of a workflow, newest first."""
        find_workflow(kwargs["pk"], actor=self.actor)
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=StartSerializer, responses={200: WholeRunSerializer, 202: StartedSerializer}
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Start a run; with `wait` the answer comes when it is finished (`streams.waiting`)."""
        serializer = StartSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = serializer.validated_data
        workflow = find_workflow(pk, actor=self.actor)
        if asked["dedupe_key"] and not policies.allows(self.actor, "view", Run(workflow=workflow)):
            raise Forbidden  # the answer may be a run that another started
        run = services.start_run(
            workflow,
            actor=self.actor,
            inputs=asked["inputs"],
            version=asked["version"],
            trigger=Run.Trigger.API if self.actor.acting_key else Run.Trigger.MANUAL,
            part=serializer.part_of(asked),
            dedupe_key=dedupe_key_of(pk, asked["dedupe_key"]),
            is_awaited=bool(asked["wait"]),
        )
        return Response(StartedSerializer(run).data, status=HTTPStatus.ACCEPTED)


class EventsView(TenantViewSet[Run]):
    """What happened in a run, as a list or as a live stream (`streams.streaming`)."""

    queryset = Run.objects.all()
    renderer_classes = [JSONRenderer, EventStreamRenderer]
    pagination_class = None
    permission_required: ClassVar = {"GET": "run.view"}

    @extend_schema(
        parameters=[AFTER, LAST_EVENT_ID],
        responses={(200, "application/json"): EventsSerializer, (200, "text/event-stream"): str},
        operation_id="run_events",
    )
    def retrieve(self, request: Request, pk: UUID) -> Response:
        """Return the events after `after`; with `Accept: text/event-stream` they come live."""
        run = self.get_object()
        feed = Feed(run.pk, last=after_of(request))
        if isinstance(request.accepted_renderer, EventStreamRenderer):
            return Response(feed)
        return Response({"results": feed.read(), "status": run.status})


def after_of(request: Request) -> int:
    """Return the number after which a caller wants to hear. Raises Invalid."""
    text = request.headers.get("Last-Event-ID") or request.query_params.get("after") or "0"
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Invalid.at("after", "Give the number of the last event that you have.")
    return int(text)


class ApprovalViewSet(mixins.ListModelMixin, TenantViewSet[Wait]):
    """Questions that runs ask people."""

    queryset = (
        Wait.objects.approvals()
        .select_related("run__workflow__folder", "decided_by")
        .prefetch_related("votes__voter")
    )
    serializer_class = ApprovalSerializer
    permission_required: ClassVar = {"GET": "approval.view", "POST": "approval.decide"}

    def get_queryset(self) -> QuerySet[Wait]:
        queryset = super().get_queryset()
        if self.action == "list":
            assert isinstance(queryset, WaitQuerySet)
            return approvals_in(queryset, self.request.query_params.get("status") or "open")
        return queryset

    @extend_schema(parameters=[OpenApiParameter("status", str, enum=STATES)])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """List approvals, newest first; the open ones unless told otherwise."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=ApprovalSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Return an approval."""
        return Response(ApprovalSerializer(self.get_object()).data)

    @extend_schema(request=DecisionSerializer, responses=ApprovalSerializer)
    @action(detail=True, methods=["POST"])
    def decide(self, request: Request, pk: str) -> Response:
        """Give one's answer, once; it is decided when the answers are enough.

        Where the question has a value to edit, an approval says which value it is for.
        """
        answer = self.asked(DecisionSerializer)
        asked = self.get_object()
        check_names_value(asked, answer)
        wait = services.decide(asked, actor=self.actor, **answer)
        return Response(ApprovalSerializer(self.get_queryset().get(pk=wait.pk)).data)


class SignalView(TenantAPIView):
    """Signals to whichever run waits for them."""

    permission_required: ClassVar = {"POST": "run.signal"}

    @extend_schema(
        request=SignalSerializer,
        responses={202: AcceptedSignalSerializer},
        operation_id="signal",
    )
    def post(self, request: Request) -> Response:
        """Send a signal to the one run that waits for its name and key."""
        return _signalled(request, self.actor)


class RunSignalView(TenantViewSet[Run]):
    """Signals to one run."""

    queryset = Run.objects.select_related("workflow__folder", "version")
    permission_required: ClassVar = {"POST": "run.signal"}

    @extend_schema(
        request=SignalSerializer,
        responses={202: AcceptedSignalSerializer},
        operation_id="run_signal",
    )
    def create(self, request: Request, pk: UUID) -> Response:
        """Send a signal to a run; where no step waits for it yet, it is kept for a day."""
        return _signalled(request, self.actor, self.get_object())


def _signalled(request: Request, actor: User, run: Run | None = None) -> Response:
    serializer = SignalSerializer(data=request.data)
    serializer.is_valid(raise_exception=True)
    sent = dict(serializer.validated_data)
    signal = services.send_signal(actor=actor, external_id=sent.pop("id"), run=run, **sent)
    return Response(AcceptedSignalSerializer(signal).data, status=HTTPStatus.ACCEPTED)

"""Endpoints of editing together."""

from http import HTTPStatus
from typing import ClassVar
from urllib.parse import urljoin
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.collaboration.api.serializers import ChangesSerializer, TicketSerializer
from apps.collaboration.api.streams import ChangeFeed
from apps.collaboration.tickets import LIFE_S, issue_ticket
from apps.runs.api.streams import EventStreamRenderer
from apps.runs.api.views import AFTER, LAST_EVENT_ID, after_of
from apps.workflows import services
from apps.workflows.presence import socket_of


class TicketView(TenantAPIView):
    """Tickets to a draft's socket, for programs and for pages of another host."""

    permission_required: ClassVar = {"POST": "workflow.view"}
    keeps_answers = False  # a repeat gives another ticket
    shows_secret = True

    @extend_schema(request=None, responses={201: TicketSerializer}, operation_id="workflow_ticket")
    def post(self, request: Request, pk: UUID) -> Response:
        """Give a ticket that opens the socket once, as the caller."""
        workflow = services.find_workflow(pk, actor=self.actor)
        session_key = request.session.session_key
        ticket = issue_ticket(workflow, actor=self.actor, session_key=session_key)
        own = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
        url = urljoin(own, f"{socket_of(workflow.pk)}?ticket={ticket}")
        answer = {"ticket": ticket, "url": url, "expires_in_s": LIFE_S}
        return Response(TicketSerializer(answer).data, status=HTTPStatus.CREATED)


class ChangesView(TenantAPIView):
    """What changed in a draft, as a list or as a live stream."""

    renderer_classes = [JSONRenderer, EventStreamRenderer]
    permission_required: ClassVar = {"GET": "workflow.view"}

    @extend_schema(
        parameters=[AFTER, LAST_EVENT_ID],
        responses={(200, "application/json"): ChangesSerializer, (200, "text/event-stream"): str},
        operation_id="workflow_changes",
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Return the changes after `after`; with `Accept: text/event-stream` they come live."""
        workflow = services.find_workflow(pk, actor=self.actor)
        feed = ChangeFeed(workflow.pk, after_of(request))
        if isinstance(request.accepted_renderer, EventStreamRenderer):
            return Response(feed)
        return Response({"results": feed.read(), "last": workflow.draft_seq})

"""Endpoints of editing together."""

from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from apps.accounts.api.views import TenantAPIView
from apps.collaboration.api.serializers import TicketSerializer
from apps.collaboration.tickets import LIFE_S, issue_ticket
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
        base = f"{'wss' if request.is_secure() else 'ws'}://{request.get_host()}"
        url = f"{base}{socket_of(workflow.pk)}?ticket={ticket}"
        answer = {"ticket": ticket, "url": url, "expires_in_s": LIFE_S}
        return Response(TicketSerializer(answer).data, status=HTTPStatus.CREATED)

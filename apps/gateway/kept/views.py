"""The page of what is kept of a call."""

import json
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.gateway.kept.services import open_body
from apps.gateway.models import LlmCall


@require_GET
@permission_required("call_body.view")
def body(request: AuthenticatedRequest, call_id: UUID) -> HttpResponse:
    """Show what was asked and answered in a call."""
    call = policies.find(request.user, LlmCall.objects.all(), pk=call_id)
    kept = open_body(call, actor=request.user)
    shown = {name: json.dumps(part, indent=2, ensure_ascii=False) for name, part in kept.items()}
    response = render(request, "gateway/body.html", {"call": call, "kept": shown})
    response["Cache-Control"] = "no-store"
    return response

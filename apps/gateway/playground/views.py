"""Pages of the playground."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import Invalid
from apps.common.parsing import parse_json
from apps.gateway.asks import Ask
from apps.gateway.models import LlmCall, Prompt
from apps.gateway.playground.kept import asked_in
from apps.gateway.playground.questions import (
    MOST_COLUMNS,
    PERMISSION,
    begun_with,
    choices_of,
    columns_of,
    question_of,
)
from apps.gateway.playground.telling import Telling, refused
from apps.gateway.prompts.library import find
from apps.tenants.database import query, release_thread

MOST_PROMPTS = 500
EVENT_STREAM = "text/event-stream"
STREAM = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@require_GET
@permission_required(PERMISSION)
def page(request: AuthenticatedRequest) -> HttpResponse:
    """Show the playground; the address may name a prompt of the library, a call to replay, models."""
    policies.require(request.user, PERMISSION)
    known = choices_of(request.user)
    begun = _begun(request)
    wanted = columns_of(request.GET.getlist("model"), known)
    sees_prompts = policies.holds(request.user, "prompt.view")
    context = {
        **begun,
        "known": known,
        "columns": wanted + [""] * (MOST_COLUMNS - len(wanted)),
        "prompts": _offered() if sees_prompts else [],
        "may_save": policies.holds(request.user, "prompt.edit"),
    }
    return render(request, "gateway/playground.html", context)


@require_POST
@permission_required(PERMISSION)
async def ask(request: AuthenticatedRequest) -> HttpResponseBase:
    """Ask one model, as the person; the answer is a stream where that is accepted, else whole."""
    try:
        question = await query(_question, request)
        release_thread()
        telling = Telling(question)
        await telling.begin()
        if EVENT_STREAM not in request.headers.get("Accept", ""):
            return JsonResponse(await telling.whole())
    except Exception as error:  # noqa: BLE001 - the column tells it; what is a bug is logged
        status, told = refused(error)
        return JsonResponse(told, status=status)
    answer = StreamingHttpResponse(telling.lines(), content_type=EVENT_STREAM)
    for name, value in {**STREAM, "x-vercel-ai-ui-message-stream": "v1"}.items():
        answer[name] = value
    return answer


def _question(request: AuthenticatedRequest) -> Ask:
    return question_of(parse_json(request.body), request.user)


def _begun(request: AuthenticatedRequest) -> dict[str, Any]:
    """Return what the form begins with, and from where it comes."""
    if call_id := request.GET.get("call", ""):
        return _replayed(request, call_id)
    reference = request.GET.get("prompt", "") if policies.holds(request.user, "prompt.view") else ""
    found = find(reference) if reference else None
    content = found.content.stored() if found else None
    return {
        "begun": begun_with(content),
        "reference": found.reference if found else "",
        "asked_for": reference,
        "is_missing": bool(reference) and found is None,
    }


def _replayed(request: AuthenticatedRequest, call_id: str) -> dict[str, Any]:
    """Return what a call was asked. Raises NotFound where it may not be seen."""
    try:
        wanted = UUID(call_id)
    except ValueError:
        raise Invalid.at("call", "This is not the id of a call.") from None
    call = policies.find(request.user, LlmCall.objects.all(), pk=wanted)
    asked = asked_in(call, request.user)
    return {
        "begun": begun_with(asked.content if asked else None),
        "call": call,
        "asked": asked,
    }


def _offered() -> list[tuple[str, list[str]]]:
    """Return the prompts with what of them can be loaded: labels first, then versions."""
    found = Prompt.objects.prefetch_related("labels")[:MOST_PROMPTS]
    return [
        (
            each.name,
            [each.slug, *(f"{each.slug}@{label.name}" for label in each.labels.all())],
        )
        for each in found
    ]

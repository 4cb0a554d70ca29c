"""Pages of streams: where the trail is sent to, how far each is, and new ones."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.proof import proof_required, proof_required_to_open
from apps.common.errors import DomainError, NotFound
from apps.oversight import streams as services
from apps.oversight.forms import STREAM_FORMS
from apps.oversight.models import Stream
from apps.oversight.sending.configs import place_of

STATES = [("active", "sending"), ("retrying", "retrying"), ("paused", "paused")]


@require_GET
@permission_required("audit.view")
def streams(request: AuthenticatedRequest) -> HttpResponse:
    """Show where the trail is sent to."""
    filters = {name: request.GET.get(name, "").strip() for name in ("q", "kind", "state")}
    everything = policies.visible(request.user, Stream.objects.all())
    kept = everything.filter(name__icontains=filters["q"])
    kept = kept.filter(kind=filters["kind"]) if filters["kind"] else kept
    rows = [
        (stream, place_of(stream.kind, stream.config), services.lag_of(stream))
        for stream in kept
        if filters["state"] in ("", stream.state)
    ]
    context = {
        "rows": rows,
        "total": everything.count(),
        "filters": filters,
        "applied": sum(bool(filters[name]) for name in ("kind", "state")),
        "kind_choices": Stream.Kind.choices,
        "state_choices": STATES,
        "may_manage": policies.holds(request.user, "audit.manage"),
    }
    return render(request, "oversight/streams.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("audit.manage")
@proof_required_to_open
def new(request: AuthenticatedRequest, kind: str) -> HttpResponse:
    """Ask where it goes, try it, and keep it."""
    if kind not in STREAM_FORMS:
        raise NotFound
    form = STREAM_FORMS[kind](request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            stream = services.create_stream(actor=request.user, kind=kind, **form.told())
            messages.success(request, f"The trail is sent to {stream} from now on.")
            return redirect("oversight:streams")
        except DomainError as error:
            form.blame(error)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "kind": kind, "kind_label": Stream.Kind(kind).label}
    return render(request, "oversight/stream_form.html", context, status=status)


@require_POST
@permission_required("audit.manage")
@proof_required
def act(request: AuthenticatedRequest, stream_id: UUID, action: str) -> HttpResponse:
    """Pause, resume, test or delete."""
    stream = policies.find(request.user, Stream.objects.all(), pk=stream_id)
    if action == "pause":
        services.pause_stream(stream, actor=request.user)
        messages.success(request, f"{stream} is paused. When it is resumed, nothing is missing.")
    elif action == "resume":
        services.resume_stream(stream, actor=request.user)
        messages.success(request, f"{stream} goes on where it stopped.")
    elif action == "delete":
        services.delete_stream(stream, actor=request.user)
        messages.success(request, f"{stream} is deleted.")
    elif action == "test":
        problem = services.test_stream(stream, actor=request.user)
        tell = messages.error if problem else messages.success
        tell(request, problem or f"A test entry arrived at {stream}.")
    else:
        raise NotFound
    return redirect("oversight:streams")

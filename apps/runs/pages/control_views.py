"""What people do to runs from their pages."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.common.errors import DomainError
from apps.runs import services
from apps.runs.models import Run
from apps.runs.pages.control_forms import ManyForm, RerunForm, SettlementForm
from apps.runs.pages.views import story
from apps.runs.state.parts import ALL, Part

SHOWN = {"inputs", "pins", "output"}  # fields at whose place errors are shown
DONE = {"cancel": "cancelled or told to stop", "resume": "resumed", "retry": "started anew"}


@require_POST
@permission_required("run.control")
def cancel(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Stop a run."""
    return _steered(request, run_id, services.cancel_run, "The run is being cancelled.")


@require_POST
@permission_required("run.control")
def pause(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Hold a run."""
    return _steered(request, run_id, services.pause_run, "The run pauses after the current steps.")


@require_POST
@permission_required("run.control")
def resume(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Let a run go on."""
    return _steered(request, run_id, services.resume_run, "The run goes on.")


@require_POST
@permission_required("run.control")
def retry(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Start a new run at the failed step, or at the one named, and show it."""
    from_node = request.POST.get("from_node") or None

    def again(run: Run, *, actor: Any) -> Run:
        return services.retry_run(run, actor=actor, from_node=from_node)

    return _steered(request, run_id, again, "A new run goes on where the last one stopped.")


@require_POST
@permission_required("workflow.edit")
def keep(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Keep a run as a test case, which the studio lists with the workflow's data sets."""

    def kept(run: Run, *, actor: Any) -> Run:
        services.keep_as_data_set(run, actor=actor)
        return run

    return _steered(request, run_id, kept, "The run is a data set of its workflow now.")


@require_POST
@permission_required("run.control")
def terminate(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """End a run at once."""
    return _steered(request, run_id, services.terminate_run, "The run was ended.")


@require_POST
@permission_required("workflow.run")
def again(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Run the same version with the same inputs from its start, and show the new run."""

    def repeat(run: Run, *, actor: Any) -> Run:
        return services.rerun(run, actor=actor, part=Part(ALL))

    return _steered(request, run_id, repeat, "A new run has started.")


@require_POST
@permission_required("run.control")
def rerun(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Do a part of a run again, perhaps with another input, and show the new run."""
    run = services.find_run(run_id, actor=request.user)
    form = RerunForm(request.POST)
    if form.is_valid():
        try:
            new = services.rerun(
                run, actor=request.user, part=form.part, inputs=form.cleaned_data["inputs"]
            )
        except DomainError as error:
            _blame(form, error)
        else:
            messages.success(request, "A new run has started.")
            return redirect("runs:detail", new.pk)
    return _unsent(request, run, rerun_form=form)


@require_POST
@permission_required("run.control")
def settle(request: AuthenticatedRequest, run_id: UUID) -> HttpResponse:
    """Say what happened to the step that a run stands still at."""
    run = services.find_run(run_id, actor=request.user)
    form = SettlementForm(request.POST)
    if form.is_valid():
        try:
            services.settle_attention(run, actor=request.user, **form.cleaned_data)
        except DomainError as error:
            _blame(form, error)
        else:
            messages.success(request, "Thank you. The run goes by what you said.")
            return redirect("runs:detail", run.pk)
    return _unsent(request, run, settlement_form=form)


@require_http_methods(["GET", "POST"])
@permission_required("run.control")
def move(request: AuthenticatedRequest, run_id: UUID, version: int) -> HttpResponse:
    """Show what moving a run to another version means for each step; then do it."""
    run = services.find_run(run_id, actor=request.user)
    if request.method == "POST":
        return _steered(
            request, run_id, lambda run, actor: services.move_run(run, actor=actor, version=version),
            f"The run goes on with version {version}.",
        )  # fmt: skip
    planned = services.preview_move(run, actor=request.user, version=version)
    return render(request, "runs/move.html", {"run": run, "version": version, "move": planned})


@require_POST
@permission_required("run.control")
def many(request: AuthenticatedRequest) -> HttpResponse:
    """Do the same to the ticked runs, and go back to the list."""
    form = ManyForm(request.POST)
    if form.is_valid():
        action = form.cleaned_data["action"]
        results = services.steer_many(action, actor=request.user, ids=form.cleaned_data["ids"])
        refused = [each.error.detail for each in results if each.error]
        if done := len(results) - len(refused):
            messages.success(request, f"{done} of {len(results)} runs were {DONE[action]}.")
        for reason in sorted(set(refused)):
            messages.warning(request, f"{refused.count(reason)} were left alone: {reason}")
    else:
        messages.error(request, " ".join(str(e) for each in form.errors.values() for e in each))
    query = request.POST.get("query", "")
    return redirect(reverse("runs:list") + (f"?{query}" if query else ""))


def _blame(form: RerunForm | SettlementForm, error: DomainError) -> None:
    """Show a refusal at the field it is about, or above the form."""
    if error.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
        raise error
    for each in error.errors:
        known = each["field"] in form.fields
        said = each["message"] if known else f"{each['field']}: {each['message']}"
        form.add_error(each["field"] if each["field"] in SHOWN else None, said)
    if not error.errors:
        form.add_error(None, error.detail)


def _unsent(request: AuthenticatedRequest, run: Run, **forms: Any) -> HttpResponse:
    """Show the run with the form that did not fit; nothing that was written is lost."""
    context = {**story(request, run), **forms}
    return render(request, "runs/detail.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _steered(request: AuthenticatedRequest, run_id: UUID, service: Any, done: str) -> HttpResponse:
    """Do it and show the run; what the run's state does not allow is said on its page."""
    run = services.find_run(run_id, actor=request.user)
    try:
        run = service(run, actor=request.user)
        messages.success(request, done)
    except DomainError as error:
        if error.status in {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}:
            raise
        said = [each["message"] for each in error.errors] or [error.detail]
        messages.error(request, " ".join(said))
    return redirect("runs:detail", run.pk)

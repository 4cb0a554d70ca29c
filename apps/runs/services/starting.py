"""Finding runs and starting new ones."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.runs.approvals.unasked import check_asked
from apps.runs.engine import Over, engine
from apps.runs.interpreter import caching
from apps.runs.interpreter.ledger import announce
from apps.runs.models import NodeRun, Run
from apps.runs.state import events, withholding
from apps.runs.state.accepting import check_in_use, checked_inputs, pinned_version
from apps.runs.state.events import Event
from apps.runs.state.graphs import graph_of, settings_of
from apps.runs.state.parts import WHOLE, Cut, Part, copies, needs_inputs
from apps.runs.state.payloads import lay_aside
from apps.workflows.models import Workflow
from apps.workflows.sealed_trials import opened
from apps.workflows.settings import keeps_payloads


def find_run(run_id: UUID | str, *, actor: User) -> Run:
    """Return a run that the actor may see. Raises NotFound."""
    queryset = Run.objects.select_related("workflow__folder", "version")
    return policies.find(actor, queryset, pk=run_id)


def start_run(
    workflow: Workflow,
    *,
    actor: User,
    inputs: JSONDict,
    version: int | str | None = None,
    trigger: str = Run.Trigger.MANUAL,
    priority: int = 0,
    part: Part = WHOLE,
    dedupe_key: str = "",
    is_awaited: bool = False,
    key_id: UUID | None = None,
    depth: int = 0,
    alongside: Callable[[Run, bool], object] | None = None,
) -> Run:
    """Queue a run of a version: the newest published one, one by its number, or the `"draft"`.

    A part runs some of its steps, with outputs given for others. Where the workflow keeps its
    results, one that is young enough is the answer, and the run is over at once; where its end is
    awaited it may be over, too. With a `dedupe_key` that a run of the workspace has already, that
    run is returned instead. What its steps cost is on the account of `key_id`, too. What is
    written `alongside` is so in the transaction of the run, and hears whether that is new.
    Raises NotPublished, NoSuchVersion, BadInputs with an entry for each field, HasProblems for a
    draft that cannot run, NoSuchStep, BadPart, PastAQuestion, InBin, Archived, Forbidden,
    Backlogged, StorageAway.
    """
    policies.check(actor, "run", workflow)
    check_in_use(workflow)
    if known := _known(dedupe_key):
        return _beside(known, alongside, is_new=False)
    pinned = pinned_version(workflow, actor, version)
    run = Run(
        workflow=workflow, version=pinned, trigger=trigger, started_by=actor,
        dedupe_key=dedupe_key, key_id=key_id, depth=depth,
    )  # fmt: skip
    run.keeps_payloads = keeps_payloads(settings_of(pinned))
    with withholding.veiled(run):
        if version == "draft":
            inputs, part = _tried_with(workflow, inputs, part, actor)
        rows = _prepare(run, part, inputs, actor)
        if part.is_whole and version != "draft":  # who tries a draft wants to see it run
            run.cache_key = caching.key_of_run(run)
        lay_aside(run)  # before the transaction: it may ask the file storage
        is_kept = bool(run.cache_key) and caching.answer_run(run)
        over = engine().hurry(run, priority=priority) if is_awaited and not is_kept else None
        with transaction.atomic():
            saved = _saved(run, over)
            if saved is run and is_kept:
                _tell_kept(run)
            elif saved is run and over is None:
                queue(run, priority=priority, also=copies(run, rows))
            return _beside(saved, alongside, is_new=saved is run)


def _tried_with(
    workflow: Workflow, inputs: JSONDict, part: Part, actor: User
) -> tuple[JSONDict, Part]:
    """Return what a draft is tried with as it was before it was sealed; the run withholds it, too."""
    told, entries = opened(workflow, {"inputs": inputs, "pins": part.pins}, actor=actor)
    for each in entries:
        withholding.learn_value(each.value, each.data_class)
    assert isinstance(told, dict)
    return (told["inputs"], replace(part, pins=told["pins"])) if entries else (inputs, part)


def _prepare(run: Run, part: Part, inputs: JSONDict, actor: User) -> list[NodeRun]:
    """Give a run its inputs, checked, and the rows of steps that are pinned; return these."""
    rows = [] if part.is_whole else _cut_down(run, part, actor)
    if inputs or part.is_whole or needs_inputs(graph_of(run), part):
        inputs = checked_inputs(run.version, inputs)
    run.inputs = inputs
    withholding.learn_inputs(run, inputs)
    return rows


def _beside(run: Run, write: Callable[[Run, bool], object] | None, *, is_new: bool) -> Run:
    if write is not None:
        write(run, is_new)
    return run


def dedupe_key_of(workflow_id: UUID, text: str) -> str:
    """Return the key of a run that a caller names in words of their own: they count in a workflow."""
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"named:{workflow_id}:{digest}" if text else ""


def _known(dedupe_key: str) -> Run | None:
    return Run.objects.filter(dedupe_key=dedupe_key).first() if dedupe_key else None


def _saved(run: Run, over: Over | None) -> Run:
    """Write a new run down; return it, or the one with its key that was faster by a moment."""
    try:
        with transaction.atomic(savepoint=bool(run.dedupe_key)):
            withholding.claimed(run)
            if over is None:
                run.save(force_insert=True)
                withholding.store(run)
            else:
                over.write()
            return run
    except IntegrityError:
        if not run.dedupe_key:
            raise
        return Run.objects.get(dedupe_key=run.dedupe_key)


def _cut_down(run: Run, part: Part, actor: User) -> list[NodeRun]:
    """Let a run begin at a part of its version; return the rows of its pinned steps."""
    cut = Cut(graph_of(run), part)
    rows = cut.place_pins(run, (), timezone.now())
    cut.check_known({row.place for row in rows}, has_input=False)
    run.part, run.state = part.as_json(), cut.state(rows)
    check_asked(run, part, actor=actor)
    return rows


def _tell_kept(run: Run) -> None:
    """Write down that a new run ended at once, by the result of an earlier one."""
    data = {"ms": 0, "cost_usd": "0", "tokens": 0, "saved_usd": str(run.saved_usd)}
    data["cached_from"] = str(run.cached_from_id)
    told = [Event("run.queued"), Event("run.succeeded", data=data)]
    announce(run, events.append(run, told), status=run.status)


def queue(run: Run, *, priority: int = 0, also: tuple[Event, ...] = ()) -> Run:
    """Put a new run on its way, with the event that says so."""
    engine().start(run, priority=priority)
    announce(run, events.append(run, [Event("run.queued"), *also]), status=run.status)
    return run

"""Results that may be used again: of steps, and of whole runs, whose author said for how long.

A result is kept for one step of one version, for what the step was given, and for whom the run acts
with the rights that they have: publishing anew, another input, other rights, a change of models and
their keys, or of a credential that is named make another key, under which nothing is kept yet.
Steps that act on the world, those too that may be repeated, are never answered from here; a workflow
with such a step cannot be published so, and a version that once was runs each time.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from apps.common.types import JSON
from apps.gateway.targets.router import settings_stamp
from apps.nodes import registry
from apps.nodes.base import Effect
from apps.runs.interpreter.effects import Attempt
from apps.runs.models import KeptResult, NodeRun, Run
from apps.runs.state import withholding
from apps.runs.state.graphs import UnknownEngine, graph_of, settings_of
from apps.runs.state.outcomes import Done, Outcome, storable
from apps.workflows.credentials import stamp_of
from apps.workflows.graph import CompiledNode
from apps.workflows.settings import ttl_of, why_anew

MAX_KEPT = 256 << 10


def key_of(attempt: Attempt) -> str | None:
    """Return under what the result of an attempt is kept; None where it is not to be kept."""
    if withholding.is_withholding():  # a digest of what is withheld would tell of it
        return None
    reads = attempt.type.reads(attempt.config)
    if not attempt.node.node.cache_ttl_s or not reads or attempt.rounds or attempt.decision:
        return None
    asks_models = attempt.effect == Effect.KEYED  # and reads: its key saves money, no more
    stamp = settings_stamp() if asks_models else ""
    return _digest(
        [
            str(attempt.run.version_id), attempt.node.id, attempt.type.version,
            attempt.config.model_dump(mode="json"), attempt.prev, scope_of(attempt.run), stamp,
            _credentials_in([attempt.node]),
        ]
    )  # fmt: skip


def key_of_run(run: Run) -> str:
    """Return under what the result of a whole new run is kept; empty where it is not to be kept."""
    if not ttl_of(settings_of(run.version)) or withholding.is_withholding():
        return ""
    try:
        steps = [step for step in graph_of(run).every if not step.node.disabled]
    except (UnknownEngine, registry.UnknownNodeType):  # a worker says so in the run
        return ""
    if any(why_anew(step.node) for step in steps):
        return ""
    named = _credentials_in(steps)
    return _digest([str(run.version_id), run.inputs, scope_of(run), settings_stamp(), named])


def answer_run(run: Run) -> bool:
    """Let a new run, not saved yet, have the result of an earlier one; tell whether there is one."""
    since = timezone.now() - timedelta(seconds=ttl_of(settings_of(run.version)))
    made = Run.objects.filter(status=Run.Status.SUCCEEDED, saved_usd=None, finished_at__gt=since)
    found = made.filter(cache_key=run.cache_key).order_by("-finished_at").first()
    if found is None:
        return False
    run.cached_from, run.saved_usd = found, found.cost_usd
    run.outputs, run.outputs_blob_id = found.outputs, found.outputs_blob_id
    run.status = Run.Status.SUCCEEDED
    run.started_at = run.finished_at = timezone.now()
    return True


def scope_of(run: Run) -> JSON:
    """Return for whom a run acts, and the rights that they have at this time."""
    user = run.started_by
    if user is None:
        return None
    rights = [
        [held.role.name, sorted(held.role.allowed), held.folder.path if held.folder else ""]
        for held in user.bindings
    ]
    return [str(user.pk), sorted(rights)]


def answer(attempt: Attempt) -> Outcome | None:
    """Return the outcome of an attempt that is not made, because its result is kept."""
    attempt.cache_key = key_of(attempt)
    if attempt.cache_key is None:
        return None
    alive = KeptResult.objects.filter(expires_at__gt=attempt.started_at)
    found = alive.filter(key=attempt.cache_key).first()
    if found is None:
        return None
    done = Done(found.output, found.port)
    return Outcome(attempt.spot, done, attempt.started_at, 0, saved_usd=found.cost_usd)


def kept(attempt: Attempt | None, row: NodeRun, outcome: Outcome, done: Done) -> list[KeptResult]:
    """Return a result as it is to be kept, not saved yet; nothing where it is not to be."""
    if attempt is None or attempt.cache_key is None or outcome.saved_usd is not None:
        return []
    if storable(done.output)[1] > MAX_KEPT:
        return []
    seconds = attempt.node.node.cache_ttl_s or 0
    result = KeptResult(
        key=attempt.cache_key, workflow_id=attempt.run.workflow_id, run=attempt.run,
        output=done.output, port=done.port, cost_usd=row.cost_usd, tokens=row.tokens,
        expires_at=attempt.started_at + timedelta(seconds=seconds),
    )  # fmt: skip
    return [result]


def _credentials_in(steps: Iterable[CompiledNode]) -> list[JSON]:
    return stamp_of((step.id, step.type, step.config) for step in steps)


def _digest(parts: list[JSON]) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

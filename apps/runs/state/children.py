"""Runs inside runs: a workflow that a step runs, and chunks of a long list."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from apps.accounts import policies
from apps.common.errors import DomainError, NotFound
from apps.common.types import JSONDict
from apps.files.exceptions import StorageAway
from apps.runs.models import Run
from apps.runs.state import withholding
from apps.runs.state.accepting import check_in_use, checked_inputs, pinned_version
from apps.runs.state.graphs import settings_of
from apps.runs.state.outcomes import Failure, failure_of
from apps.runs.state.payloads import lay_aside
from apps.sandbox.expressions import Expression
from apps.workflows.graph import CompiledNode
from apps.workflows.models import Workflow
from apps.workflows.settings import keeps_payloads

DEEPEST = 8


class ChildRefused(Exception):
    """The inner run cannot be started; `failure` is what the step fails with."""

    def __init__(self, failure: Failure) -> None:
        """Carry the failure."""
        super().__init__(failure.message)
        self.failure = failure


def inner_run(parent: Run, path: str, wanted: JSONDict) -> Run:
    """Return the run, not saved yet, of the workflow that a step wants run.

    It acts for whom the outer run acts. Its root is derived from the outer one's, so that a retry
    of the outer run keeps the idempotency keys of the inner. Raises ChildRefused.
    """
    if parent.depth >= DEEPEST:
        hint = "A workflow may run another, and so on, eight deep. Look for one that runs itself."
        raise ChildRefused(Failure("too_deep", f"Runs lie {DEEPEST} deep inside others.", hint))
    if parent.started_by is None:
        raise ChildRefused(
            Failure("nobody", "The person for whom this run acts is gone.", "Start it anew.")
        )
    try:
        workflow = policies.find(
            parent.started_by, Workflow.objects.select_related("published_version"), pk=_id(wanted)
        )
        policies.check(parent.started_by, "run", workflow)
        check_in_use(workflow)
        version = pinned_version(workflow, parent.started_by, wanted["version"])
        inputs = checked_inputs(version, wanted["inputs"])
    except DomainError as error:
        raise ChildRefused(_refusal(error)) from error
    node = path.rpartition("/")[2]
    run = Run(
        workflow=workflow, version=version, inputs=inputs, trigger=Run.Trigger.STEP,
        started_by=parent.started_by, key_id=parent.key_id, parent=parent, depth=parent.depth + 1,
        root_id=uuid5(parent.root_id, f"{path}:{parent.generations.get(node, 0)}"),
    )  # fmt: skip
    withholding.learn_inputs(run, inputs)
    run.keeps_payloads = parent.keeps_payloads and keeps_payloads(settings_of(version))
    if not run.keeps_payloads:
        run.inputs = withholding.sealed(inputs)
    try:
        return lay_aside(run)
    except StorageAway as error:
        raise ChildRefused(failure_of(error)) from error


def named_in(node: CompiledNode) -> set[str]:
    """Return the ids of all steps that the expressions of a step and of those inside it name."""
    return {name for each in expressions_in(node) for name in each.nodes}


def expressions_in(node: CompiledNode) -> Iterable[Expression]:
    """Yield the expressions of a step, of the edges that leave it and of the steps inside it."""
    for template in node.templates.values():
        yield from template.expressions
    yield from (edge.when for edge in node.outgoing if edge.when is not None)
    for inner in node.body.nodes if node.body else ():
        yield from expressions_in(inner)


def _id(wanted: JSONDict) -> UUID:
    try:
        return UUID(str(wanted["workflow"]))
    except ValueError as error:
        raise NotFound from error


def _refusal(error: DomainError) -> Failure:
    if isinstance(error, NotFound) and error.code == "not_found":
        return Failure(
            "no_such_workflow",
            "The workflow that the step runs is not there, or may not be seen by whom it acts for.",
            "Choose another workflow, or ask for the right to run this one.",
        )
    named = "; ".join(f"{each['field']}: {each['message']}" for each in error.errors)
    message = f"{error.detail} {named}".strip()
    return Failure(error.code, message, "Correct the step, then run from here.")

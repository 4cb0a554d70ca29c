"""What people try a draft with: pinned outputs of steps, and sets of inputs.

Both are content of runs, so they are kept beside the draft and never in it: who opens the document
or exports the workflow does not get them. What is marked in them is sealed: see `sealed_trials`.
"""

import json
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import NotFound
from apps.common.types import JSON, JSONDict
from apps.workflows import bells, drafts
from apps.workflows.exceptions import BadDataSet, BadPin, InBin
from apps.workflows.marks import OUTPUT, Marks
from apps.workflows.models import DataSet, Pin, Workflow
from apps.workflows.sealed_trials import put_aside

MAX_VALUE, MAX_PINNED = 256 << 10, 4 << 20  # characters of JSON: of one value, of all pins
MAX_SETS = 100


def pins_of(workflow: Workflow, *, actor: User) -> list[Pin]:
    """Return the pinned outputs. Raises Forbidden."""
    policies.check(actor, "edit", workflow)
    return list(workflow.pins.select_related("pinned_by"))


@transaction.atomic
def pin_output(workflow: Workflow, node: str, *, actor: User, output: JSON, port: str = "") -> Pin:
    """Let an output stand in for a step of the draft. Raises BadPin, NotFound, InBin, Forbidden."""
    workflow = _locked(workflow, actor)
    draft = drafts.load(workflow)
    if all(step.id != node for step in draft.definition.nodes):
        raise NotFound(f"The draft has no step “{node}”.")
    _check_size("output", output, BadPin)
    others = workflow.pins.exclude(node=node).values_list("output", flat=True)
    if _size(output) + sum(map(_size, others)) > MAX_PINNED:
        raise BadPin.at("output", "The pins of a workflow may have 4 MiB. Unpin other steps first.")
    pin = workflow.pins.filter(node=node).first() or Pin(workflow=workflow, node=node)
    pin.output, pin.port, pin.pinned_by = output, port, actor
    put_aside(pin, Marks.of_definition(draft.data).at(node, OUTPUT), "output")
    pin.save()
    _tell(workflow, actor, "workflow.pinned", bells.PINS, {"node": node})
    return pin


@transaction.atomic
def unpin(workflow: Workflow, node: str, *, actor: User) -> None:
    """Let a step run again. Raises NotFound, InBin, Forbidden."""
    workflow = _locked(workflow, actor)
    deleted, _ = workflow.pins.filter(node=node).delete()
    if not deleted:
        raise NotFound(f"“{node}” is not pinned.")
    _tell(workflow, actor, "workflow.unpinned", bells.PINS, {"node": node})


def data_sets_of(workflow: Workflow, *, actor: User) -> list[DataSet]:
    """Return the sets in the order in which they were made. Raises Forbidden."""
    policies.check(actor, "edit", workflow)
    return list(workflow.data_sets.all())


@transaction.atomic
def save_data_set(
    workflow: Workflow, *, actor: User, changes: JSONDict, set_id: UUID | None = None
) -> DataSet:
    """Make a set of inputs, or change one. Raises BadDataSet, NotFound, InBin, Forbidden."""
    workflow = _locked(workflow, actor)
    found = _set_of(workflow, set_id) if set_id else DataSet(workflow=workflow)
    if set_id is None and workflow.data_sets.count() >= MAX_SETS:
        raise BadDataSet(f"A workflow may have {MAX_SETS} data sets.")
    for name, value in changes.items():
        setattr(found, name, value)
    _check_size("inputs", found.inputs, BadDataSet)
    _check_size("expected", found.expected, BadDataSet)
    marks = Marks.of_definition(drafts.load(workflow).data)
    put_aside(found, marks.at(marks.start, OUTPUT), "inputs", "expected")
    try:
        with transaction.atomic():
            found.save()
    except IntegrityError as error:
        raise BadDataSet.at("name", f"There is a data set “{found.name}” already.") from error
    _tell(workflow, actor, "workflow.data_set_saved", bells.DATA_SETS, {"data_set": found.name})
    return found


@transaction.atomic
def delete_data_set(workflow: Workflow, set_id: UUID, *, actor: User) -> None:
    """Remove a set. Raises NotFound, InBin, Forbidden."""
    workflow = _locked(workflow, actor)
    found = _set_of(workflow, set_id)
    found.delete()
    _tell(workflow, actor, "workflow.data_set_deleted", bells.DATA_SETS, {"data_set": found.name})


def _set_of(workflow: Workflow, set_id: UUID) -> DataSet:
    found = workflow.data_sets.filter(pk=set_id).first()
    if found is None:
        raise NotFound("This workflow has no such data set.")
    return found


def _locked(workflow: Workflow, actor: User) -> Workflow:
    policies.check(actor, "edit", workflow)
    found = drafts.locked(workflow.pk)
    if found.deleted_at is not None:
        raise InBin
    return found


def _check_size(name: str, value: JSON, refusal: type[BadPin] | type[BadDataSet]) -> None:
    if _size(value) > MAX_VALUE:
        raise refusal.at(name, "Give JSON of at most 256 KiB.")


def _size(value: JSON) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode())


def _tell(workflow: Workflow, actor: User, action: str, what: str, about: JSONDict) -> None:
    """Write the audit entry, without the content, and tell the other editors."""
    record(action, actor=actor, target=workflow, after=about)
    bells.ring(workflow, what)

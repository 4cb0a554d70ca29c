"""Going back to a point of a draft's history: an edit like any other, on top of what is there."""

from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.workflows import drafts, points
from apps.workflows.drafts import Draft
from apps.workflows.exceptions import BadName, InBin
from apps.workflows.models import Origin, Point, Workflow
from apps.workflows.services import update_workflow


def definition_at(point: Point) -> JSONDict:
    """Return the definition as it was then. Raises NoLongerKept."""
    return Draft(points.whole_at(point.workflow, point.seq)).data


def before(point: Point) -> JSONDict:
    """Return the definition as it was before the point's changes. Raises NoLongerKept."""
    return Draft(points.whole_at(point.workflow, min(point.first - 1, point.seq))).data


def name_present(workflow: Workflow, *, actor: User, name: str) -> Point:
    """Name the draft as it is now, so that it is kept for ever. Raises BadName, InBin, Forbidden."""
    policies.check(actor, "edit", workflow)
    points.record(workflow.pk)
    newest = workflow.points.in_order().last()
    if newest is None:
        raise BadName.at("name", "There is nothing to name yet: the draft was never edited.")
    return name_point(newest, actor=actor, name=name)


@transaction.atomic
def name_point(point: Point, *, actor: User, name: str) -> Point:
    """Name a point, or take its name away with an empty one. Raises BadName, InBin, Forbidden."""
    policies.check(actor, "edit", point.workflow)
    if drafts.locked(point.workflow_id).deleted_at is not None:
        raise InBin
    name = name.strip()
    others = Point.objects.filter(workflow=point.workflow, name=name).exclude(pk=point.pk)
    if name and others.exists():
        raise BadName.at("name", f"There is a point “{name}” already.")
    before, point.name = point.name, name
    point.save(update_fields=["name"])
    record(
        "workflow.point_named", actor=actor, target=point.workflow,
        before={"name": before}, after={"name": name, "seq": point.seq},
    )  # fmt: skip
    return point


@transaction.atomic
def restore_point(point: Point, *, actor: User, node: str = "") -> Workflow:
    """Make the draft, or one step of it, what it was then; what it is now stays in the history.

    Raises NotFound where there was no such step, NoLongerKept, InBin, Forbidden.
    """
    policies.check(actor, "edit", point.workflow)
    workflow = drafts.locked(point.workflow_id)
    wanted = definition_at(point)
    if node:
        wanted = _with_step(drafts.load(workflow).data, wanted, node)
    changes = {"definition": wanted}
    workflow = update_workflow(
        workflow, actor=actor, revision=None, changes=changes, origin=Origin.RESTORE,
        may_empty=True,
    )  # fmt: skip
    about = {"seq": point.seq, "name": point.name} | ({"node": node} if node else {})
    record("workflow.restored", actor=actor, target=workflow, after=about)
    return workflow


def _with_step(now: JSONDict, then: JSONDict, node: str) -> JSONDict:
    """Return a definition with one step of another one, and its connections if it is gone."""
    old = next((each for each in then["nodes"] if each["id"] == node), None)
    if old is None:
        raise NotFound(f"There was no step “{node}” then.")
    present = {each["id"]: each for each in now["nodes"]}
    if node in present:
        places = {
            key: present[node][key]
            for key in ("position", "size", "parent")
            if key in present[node]
        }
        kept = {
            key: value for key, value in old.items() if key not in ("position", "size", "parent")
        }
        nodes = [kept | places if each["id"] == node else each for each in now["nodes"]]
        return now | {"nodes": nodes}
    if old.get("parent") not in present:
        old = {key: value for key, value in old.items() if key != "parent"}
    ends = present.keys() | {node}
    lost = [
        edge
        for edge in then["edges"]
        if node in (edge["source"], edge["target"]) and {edge["source"], edge["target"]} <= ends
    ]
    return now | {"nodes": [*now["nodes"], old], "edges": [*now["edges"], *lost]}

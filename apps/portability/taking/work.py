"""Workflows with their drafts, and runs as history."""

from typing import Any
from uuid import UUID

from django.db.models import Max, Min, Q

from apps.accounts.models import User
from apps.common.errors import DomainError
from apps.files import services as files
from apps.files.models import Blob
from apps.gateway.models import Budget
from apps.portability.exceptions import BadArchive
from apps.portability.models import Import
from apps.portability.taking.arrival import After, Arrival, Left, Rule
from apps.retention.classes import LONGEST_DAYS, RULED
from apps.runs.models import Run, SavedView, Wait
from apps.runs.searching import checked
from apps.vault import services as vault
from apps.workflows import document, drafts
from apps.workflows.definition import content_hash, parse
from apps.workflows.models import Image, Workflow, WorkflowUpdate, WorkflowVersion
from apps.workflows.runbook.mending import is_sound
from apps.workflows.wire import check_update

DRAFTS = "drafts"


def take_file(arrival: Arrival, row: Blob) -> bool:
    """Refer to the bytes that are stored here; of what is gone, keep that it was there."""
    stored = arrival.kept["stored"].get(row.pk)
    if stored is not None:
        sha256, size, blob_id = stored
        if (sha256, size) != (row.sha256, row.size):
            raise BadArchive("files: stored bytes are not those that their row tells of.")
        arrival.ids[Blob][row.pk] = blob_id
        arrival.came["files"] += 1
        return False
    if row.removed_at is None and row.pk not in arrival.kept["missing"]:
        raise BadArchive("files: stored bytes are not in the archive.")
    row.removed_at = row.removed_at or arrival.archive.manifest.at
    row.name, row.key_id = files.name_of(row.pk), vault.current_key_id()
    arrival.note("files", "Its bytes were gone when the archive was written.")
    return True


def take_workflow(arrival: Arrival, row: Workflow) -> bool:
    """Take a workflow with its draft as it is; what follows from the draft is derived anew below."""
    if not 0 <= row.snapshot_seq <= row.draft_seq:
        raise BadArchive("workflows: the snapshot of a draft is newer than the draft.")
    _check_bytes(bytes(row.snapshot), "workflows")
    row.told_seq = row.draft_seq
    return True


def take_update(arrival: Arrival, row: WorkflowUpdate) -> bool:
    """Take an update that is one."""
    _check_bytes(bytes(row.data), "workflow_updates")
    return True


def take_point(arrival: Arrival, row: Any) -> bool:
    """Take a point of a draft whose state, if it has one, is one."""
    if row.state is not None:
        _check_bytes(bytes(row.state), "workflow_points")
    row.authors = [arrival.ids[User].get(each, each) for each in row.authors]
    return True


def _check_bytes(data: bytes, kind: str) -> None:
    if len(data) > drafts.MAX_DRAFT:
        raise BadArchive(f"{kind}: a draft is larger than one may be.")
    if not data:
        return
    try:
        check_update(data, closely=True)
        document.load([data])
    except (DomainError, RuntimeError, ValueError) as error:
        raise BadArchive(f"{kind}: its bytes are no update of a draft.") from error


def take_version(arrival: Arrival, row: WorkflowVersion) -> bool:
    """Take a version whose graph is one, and is the one that its hash names."""
    try:
        parse(row.definition)
        same = content_hash(row.definition) == row.sha256
    except DomainError as error:
        raise BadArchive(f"workflow_versions: a graph is none: {error.detail}") from error
    if not same:
        raise BadArchive("workflow_versions: a graph is not the one that its hash names.")
    return True


def check_drafts(arrival: Arrival) -> None:
    """Hold each draft to its document in the archive, and derive what lists show of it."""
    waiting: set[UUID] = arrival.kept.get(DRAFTS, set())
    for row in arrival.archive.rows("workflow_drafts"):  # one document in memory at a time
        workflow = Workflow.objects.filter(pk__in=waiting, pk=_id_of(row.get("workflow"))).first()
        if workflow is None:
            raise BadArchive("workflow_drafts: a document is of no workflow, or is there twice.")
        waiting.discard(workflow.pk)
        _check_log(workflow)
        _check_draft(workflow, row.get("definition"))
    if Workflow.objects.filter(pk__in=waiting, draft_seq__gt=0).exists():
        raise BadArchive("workflow_drafts: the document of a draft is not in the archive.")


def _id_of(raw: Any) -> UUID:
    try:
        return UUID(raw)
    except (ValueError, TypeError, AttributeError) as error:
        raise BadArchive("workflow_drafts: workflow is no id.") from error


def _check_log(workflow: Workflow) -> None:
    """Refuse a log with a gap behind the snapshot, or that ends before or behind the draft."""
    log = WorkflowUpdate.objects.filter(workflow=workflow)
    later = log.filter(seq__gt=workflow.snapshot_seq)
    ends = later.aggregate(first=Min("seq"), last=Max("seq"))
    count = later.count()
    wanted = workflow.draft_seq - workflow.snapshot_seq
    if count != wanted or (count and ends["last"] != workflow.draft_seq):
        raise BadArchive("workflow_updates: the log of a draft has a gap.")


def _check_draft(workflow: Workflow, definition: Any) -> None:
    draft = drafts.load(workflow)
    try:
        found = draft.data
        sound = is_sound(draft.doc)
    except (DomainError, RuntimeError) as error:
        if definition is None:
            return  # it was none there, either
        raise BadArchive("workflows: a draft is no workflow.") from error
    if not sound or content_hash(found) != content_hash(definition or {}):
        raise BadArchive("workflow_drafts: a document is not what its log amounts to.")
    workflow.draft_sha256 = content_hash(found)
    workflow.node_count = len(draft.definition.nodes)
    workflow.problem_count = sum(each.severity == "error" for each in draft.problems)
    told = ["draft_sha256", "node_count", "problem_count"]
    Workflow.objects.filter(pk=workflow.pk).update(
        **{name: getattr(workflow, name) for name in told}
    )


def note_workflows(arrival: Arrival) -> None:
    """Remember which drafts are to be looked at once their logs are here."""
    arrival.kept[DRAFTS] = set(Workflow.objects.values_list("pk", flat=True))


def take_image(arrival: Arrival, row: Image) -> bool:
    """Take a picture whose bytes are one of its kind, without what tells of where it was made."""
    known = arrival.kept["pictures"].get(row.blob_id)
    if known != row.media_type:
        raise BadArchive("workflow_images: stored bytes are no picture of that kind.")
    return True


def take_run(arrival: Arrival, row: Run) -> bool:
    """Take what is over; nothing goes on in another workspace."""
    if row.status not in Run.FINISHED or row.finished_at is None:
        raise Left("It was not finished when the archive was written.")
    row.key_id = None
    if row.veil_id is not None:  # what was withheld stayed where it was sealed
        row.veil_id, row.erased_at = row.pk, row.erased_at or row.finished_at
    return True


def take_wait(arrival: Arrival, row: Wait) -> bool:
    """Take what was decided; nobody is asked again."""
    if row.status == Wait.Status.OPEN:
        row.status = Wait.Status.CANCELLED
        arrival.note("run_waits", "Was open: it is cancelled.")
    return True


def take_budget(arrival: Arrival, row: Budget) -> bool:
    """Let a budget be of what it was of; of a key there is none any more."""
    if row.scope == Budget.Scope.KEY:
        raise Left("It is of a key, and keys are made anew.")
    row.subject = arrival.ids[User].get(row.subject, row.subject)
    return True


def take_retention(arrival: Arrival, row: Any) -> bool:
    """Take a rule that could be set here."""
    each = RULED.get(row.name)
    if each is None:
        raise Left("This release knows no such class of data.")
    if row.days is not None and not each.kind.minimum_days <= row.days <= LONGEST_DAYS:
        raise BadArchive("retention_rules: a number of days is none that could be set.")
    return True


def take_former(arrival: Arrival, row: Import) -> bool:
    """Take what is told of an archive that came into the other workspace before."""
    if row.status != Import.Status.DONE:
        raise Left("Nothing of it came in there.")
    return True


def take_view(arrival: Arrival, row: SavedView) -> bool:
    """Take a view of runs whose filters the list knows, and whose name is free."""
    filters = row.filters
    if not isinstance(filters, dict) or not all(isinstance(each, str) for each in filters.values()):
        raise BadArchive("run_views: filters are no names with texts.")
    try:
        row.filters = checked(filters)
    except DomainError:
        row.filters = {}
    if not row.filters:
        raise Left("The list of runs does not know its filters.")
    here = Q(owner=row.owner_id) | (Q(is_shared=True) if row.is_shared else Q(pk=None))
    if SavedView.objects.filter(here, name__iexact=row.name).exists():  # of whoever imports
        raise Left("There is a view of this name.")
    return True


RULES: dict[str, Rule] = {
    "former_archives": take_former,
    "files": take_file,
    "workflows": take_workflow,
    "workflow_updates": take_update,
    "workflow_points": take_point,
    "workflow_versions": take_version,
    "workflow_images": take_image,
    "runs": take_run,
    "run_waits": take_wait,
    "run_views": take_view,
    "budgets": take_budget,
    "retention_rules": take_retention,
}
AFTER: dict[str, After] = {"workflows": note_workflows, "workflow_updates": check_drafts}

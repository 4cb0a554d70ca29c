"""Writing workflows: each change is one transaction with its audit entry and its event."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.audit.services import record
from apps.common.errors import PreconditionFailed
from apps.common.types import JSON, JSONDict
from apps.workflows import bells, copying, document, drafts, points, publishing, purging, slugs
from apps.workflows.credentials import check_may_use, left_behind
from apps.workflows.definition import Definition, parse
from apps.workflows.drafts import Draft
from apps.workflows.exceptions import (
    BadDefinition,
    HasProblems,
    InBin,
    NothingToPublish,
    NotInBin,
    TooManyTags,
    WouldBeEmpty,
)
from apps.workflows.importing import n8n
from apps.workflows.known import Known
from apps.workflows.layout import arrange
from apps.workflows.models import Origin, Workflow, WorkflowVersion
from apps.workflows.wire import check_update

MAX_TAGS, MAX_TAG = 20, 40
EXPORT_FORMAT = "auterity.workflow/1"


def find_workflow(workflow_id: UUID | str, *, actor: User) -> Workflow:
    """Return a workflow that the actor may see. Raises NotFound."""
    queryset = Workflow.objects.select_related("published_version", "created_by", "folder")
    return policies.find(actor, queryset, pk=workflow_id)


def definition_of(workflow: Workflow) -> Definition:
    """Return the draft's definition."""
    return drafts.load(workflow).definition


@transaction.atomic
def create_workflow(
    *,
    actor: User,
    name: str,
    description: str = "",
    definition: JSON = None,
    folder: Folder | None = None,
    tags: Iterable[str] = (),
    created_via: str = Workflow.Via.API,
    runbook_for: Callable[[Workflow], JSONDict] | None = None,
) -> Workflow:
    """Make a workflow with its draft. Raises Forbidden, BadDefinition."""
    workflow = Workflow(
        name=name, description=description, folder=folder, tags=clean_tags(tags),
        created_via=created_via, created_by=actor,
    )  # fmt: skip
    policies.check(actor, "edit", workflow if folder else Workflow)
    workflow.save()
    doc = document.load([])
    done = [document.write_details(doc, {"name": name, "description": description})]
    if definition is not None:
        done.append(document.write(doc, arrange(parse(definition))))
    if runbook_for is not None:
        done.append(document.write_runbook(doc, runbook_for(workflow)))
    update = document.merged(done)
    origin = Origin.IMPORT if created_via == Workflow.Via.IMPORT else ""
    drafts.append(workflow, Draft(update), update, author=actor, origin=origin)
    _save(workflow, actor, "workflow.created", {"via": created_via})
    return workflow


@transaction.atomic
def update_workflow(
    workflow: Workflow,
    *,
    actor: User,
    revision: int | None,
    changes: JSONDict,
    origin: str = "",
    may_empty: bool = False,
) -> Workflow:
    """Change details and draft (`name`, `description`, `folder`, `tags`, `definition`).

    `origin` is as for `drafts.append`. With a revision it must be the current one, else PreconditionFailed. Raises BadDefinition,
    WouldBeEmpty, InBin, Forbidden.
    """
    workflow = _editable(workflow, actor)
    if revision is not None and revision != workflow.revision:
        raise PreconditionFailed(headers={"ETag": workflow.etag})
    before = {key: _shown(getattr(workflow, key)) for key in changes if key != "definition"}
    if "folder" in changes:
        publishing.check_move(workflow, changes["folder"], actor)
        workflow.folder = changes["folder"]
        policies.check(actor, "edit", workflow)
    if "tags" in changes:
        workflow.tags = clean_tags(changes["tags"])
    if not may_empty and "definition" in changes:
        _check_keeps_steps(workflow, changes["definition"])
    _change_draft(workflow, actor, changes, origin)
    after = {key: _shown(changes[key]) for key in before}
    _save(workflow, actor, "workflow.updated" if before else "", after, before)
    return workflow


def _check_keeps_steps(workflow: Workflow, definition: JSON) -> None:
    """Refuse nothing in place of much: it is what a program sends that lost its own state."""
    if not parse(definition).nodes and len(drafts.load(workflow).definition.nodes) > 1:
        raise WouldBeEmpty.at(
            "definition",
            "This would take away all steps of the draft. Send `allow_empty` as true if it should.",
        )


def _change_draft(workflow: Workflow, actor: User, changes: JSONDict, origin: str) -> None:
    details = {key: changes[key] for key in document.DETAILS if key in changes}
    if not details and "definition" not in changes:
        return
    draft = drafts.load(workflow)
    done = [document.write_details(draft.doc, details)]
    if "definition" in changes:
        done.append(document.write(draft.doc, arrange(parse(changes["definition"]))))
    for key, value in details.items():
        setattr(workflow, key, value)
    update = document.merged(done)
    drafts.append(workflow, draft.plus(update), update, author=actor, origin=origin)


@dataclass(frozen=True)
class Merged:
    """The answer to an update: the workflow after it, and what the client lacks."""

    workflow: Workflow
    missing: bytes


@transaction.atomic
def append_update(
    workflow: Workflow, *, actor: User, update: bytes, state_vector: bytes | None = None
) -> Merged:
    """Merge what an editor sent into the draft. Durable when this returns.

    Raises BadUpdate, BadDefinition, DraftTooLarge, InBin, Forbidden; the draft then is as before.
    """
    workflow = _editable(workflow, actor)
    contents, draft, known = document.examine(update), drafts.load(workflow), Known()
    known.add(check_update(draft.whole))
    news = known.news_of(update, contents)
    if news is not None:
        draft = draft.plus(news[0])
        drafts.append(workflow, draft, news[0], author=actor)
        _save(workflow, actor, "")
    return Merged(workflow, document.missing(draft.whole, state_vector))


def read_update(workflow: Workflow, state_vector: bytes | None) -> bytes:
    """Return what a client with this state lacks. Raises BadUpdate for a bad state vector."""
    return document.missing(drafts.load(workflow).whole, state_vector)


@transaction.atomic
def publish_workflow(workflow: Workflow, *, actor: User, notes: str = "") -> WorkflowVersion:
    """Freeze the draft as the next version, which runs from now on.

    Raises HasProblems with each problem, NothingToPublish, InBin, Forbidden. Who publishes vouches
    for the credentials that its steps name: they may use them themselves.
    """
    policies.check(actor, "publish", workflow)
    workflow = current(_locked(workflow))
    if not workflow.has_unpublished_changes:
        raise NothingToPublish
    draft = _valid(drafts.load(workflow))
    check_may_use(draft.data, actor)
    publishing.check_publish(workflow)
    last = workflow.versions.aggregate(last=Max("number"))["last"] or 0
    version = WorkflowVersion.objects.create(
        workflow=workflow, number=last + 1, sha256=workflow.draft_sha256,
        definition=draft.data, notes=notes, created_by=actor, seq=workflow.draft_seq,
    )  # fmt: skip
    workflow.published_version = version
    slugs.give(workflow)
    points.mark_published(version)
    _save(workflow, actor, "workflow.published", {"version": version.number, "notes": notes})
    bells.ring(workflow, bells.VERSION)
    return version


@transaction.atomic
def snapshot_draft(workflow: Workflow, *, actor: User) -> WorkflowVersion:
    """Return the draft as an unlisted version, for a run to pin; the same draft, the same one.

    Raises HasProblems, InBin, Forbidden (it needs the rights to edit and to run).
    """
    policies.check(actor, "run", workflow)
    workflow = current(_editable(workflow, actor))
    known = workflow.versions.filter(sha256=workflow.draft_sha256).first()
    if known is not None:
        check_may_use(known.definition, actor)
        return known
    draft = _valid(drafts.load(workflow))
    check_may_use(draft.data, actor)
    return WorkflowVersion.objects.create(
        workflow=workflow, sha256=workflow.draft_sha256, definition=draft.data, created_by=actor,
        seq=workflow.draft_seq,
    )  # fmt: skip


def current(workflow: Workflow) -> Workflow:
    """Return the workflow with what is derived from its draft, also if that changed just now."""
    if workflow.derived_seq != workflow.draft_seq:
        drafts.derive(workflow, drafts.load(workflow))
    return workflow


@transaction.atomic
def restore_version(version: WorkflowVersion, *, actor: User) -> Workflow:
    """Make the draft equal to a version; what the draft was stays in the log."""
    changes = {"definition": version.definition}
    workflow = update_workflow(
        version.workflow, actor=actor, revision=None, changes=changes, origin=Origin.RESTORE,
        may_empty=True,
    )  # fmt: skip
    record("workflow.restored", actor=actor, target=workflow, after={"version": version.number})
    return workflow


@transaction.atomic
def arrange_workflow(workflow: Workflow, *, actor: User) -> Workflow:
    """Lay the whole draft out anew."""
    workflow = _editable(workflow, actor)
    definition = drafts.load(workflow).definition
    bare = [node.model_copy(update={"position": None}) for node in definition.nodes]
    placed = arrange(definition.model_copy(update={"nodes": bare})).as_json()
    return update_workflow(workflow, actor=actor, revision=None, changes={"definition": placed})


def duplicate_workflow(workflow: Workflow, *, actor: User) -> Workflow:
    """Make a copy beside the original; versions and runs are not copied."""
    return create_workflow(
        actor=actor,
        name=f"{workflow.name[:190]} (copy)",
        description=workflow.description,
        definition=drafts.load(workflow).data,
        folder=workflow.folder,
        tags=workflow.tags,
        created_via=workflow.created_via,
        runbook_for=lambda copy: copying.copied(workflow, copy),
    )


def export_workflow(workflow: Workflow) -> JSONDict:
    """Return the workflow as a file's content. Secrets are never in a definition."""
    return {
        "format": EXPORT_FORMAT,
        "name": workflow.name,
        "description": workflow.description,
        "tags": workflow.tags,
        "definition": drafts.load(workflow).data,
        "runbook": copying.exported(workflow),
    }


@dataclass(frozen=True)
class Imported:
    """A workflow made from a file; from another tool's file, also what became of each step."""

    workflow: Workflow
    report: JSONDict | None = None


def import_workflow(data: JSON, *, actor: User, folder: Folder | None = None) -> Imported:
    """Make a workflow from an exported file, a bare definition or an export of n8n.

    Nothing of it is executed. Raises BadDefinition, Forbidden.
    """
    if not isinstance(data, dict):
        raise BadDefinition("The file does not hold a workflow: it must be a JSON object.")
    report = None
    if n8n.is_export(data):
        data, report = n8n.translated(data)
    elif "definition" not in data:
        data = {"definition": data}
    if data.get("format", EXPORT_FORMAT) != EXPORT_FORMAT:
        raise BadDefinition(f"The file's format is not “{EXPORT_FORMAT}”.")
    tags, runbook = data.get("tags", []), copying.imported(data.get("runbook"))
    workflow = create_workflow(
        actor=actor,
        name=str(data.get("name") or "Imported workflow")[:200],
        description=str(data.get("description") or "")[:10_000],
        definition=left_behind(data["definition"]),
        folder=folder,
        tags=tags if isinstance(tags, list) else [],
        created_via=Workflow.Via.IMPORT,
        runbook_for=lambda _: runbook,
    )
    return Imported(workflow, report)


@transaction.atomic
def archive_workflow(workflow: Workflow, *, actor: User, archived: bool = True) -> Workflow:
    """Take a workflow out of the lists, or put it back. It stays readable and is not started."""
    workflow = _editable(workflow, actor)
    workflow.archived_at = timezone.now() if archived else None
    _save(workflow, actor, "workflow.archived" if archived else "workflow.unarchived")
    return workflow


@transaction.atomic
def delete_workflow(workflow: Workflow, *, actor: User) -> None:
    """Move a workflow to the bin, where it waits 30 days. Versions and runs stay readable."""
    policies.check(actor, "delete", workflow)
    workflow = _locked(workflow)
    workflow.deleted_at = timezone.now()
    _save(workflow, actor, "workflow.deleted")


@transaction.atomic
def undelete_workflow(workflow: Workflow, *, actor: User) -> Workflow:
    """Take a workflow out of the bin. Raises NotInBin."""
    policies.check(actor, "delete", workflow)
    workflow = drafts.locked(workflow.pk)
    if workflow.deleted_at is None:
        raise NotInBin
    workflow.deleted_at = None
    _save(workflow, actor, "workflow.undeleted")
    return workflow


@transaction.atomic
def purge_workflow(workflow: Workflow, *, actor: User) -> None:
    """Delete a workflow of the bin for good, with its versions and runs. Owners only.

    Raises NotInBin, Forbidden, and what `purging` has against it.
    """
    policies.check(actor, "purge", workflow)
    workflow = drafts.locked(workflow.pk)
    if workflow.deleted_at is None:
        raise NotInBin
    purging.check_may_go(workflow)
    record("workflow.purged", actor=actor, target=workflow, before={"name": workflow.name})
    workflow.delete()


def clean_tags(tags: Iterable[str]) -> list[str]:
    """Return tags without blanks and repeats. Raises TooManyTags."""
    cleaned = list(dict.fromkeys(text for tag in tags if (text := str(tag).strip())))
    if len(cleaned) > MAX_TAGS or any(len(tag) > MAX_TAG for tag in cleaned):
        raise TooManyTags
    return cleaned


def _locked(workflow: Workflow) -> Workflow:
    found = drafts.locked(workflow.pk)
    if found.deleted_at is not None:
        raise InBin
    return found


def _editable(workflow: Workflow, actor: User) -> Workflow:
    policies.check(actor, "edit", workflow)
    return _locked(workflow)


def _valid(draft: Draft) -> Draft:
    problems = [problem for problem in draft.problems if problem.severity == "error"]
    if problems:
        raise HasProblems(errors=[problem.as_json() for problem in problems])
    return draft


def _save(
    workflow: Workflow,
    actor: User,
    action: str,
    after: JSONDict | None = None,
    before: JSONDict | None = None,
) -> None:
    """Store a change, with its audit entry where it is more than an edit of the draft."""
    workflow.revision += 1
    workflow.save()
    if action:
        record(action, actor=actor, target=workflow, before=before, after=after)


def _shown(value: Any) -> JSON:
    return str(value) if isinstance(value, Folder) else value

"""Pages of workflows: the list, the studio, and the small forms around them."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_POST

from apps.accounts import policies
from apps.accounts.decorators import AuthenticatedRequest, permission_required
from apps.accounts.models import Folder, User
from apps.common.errors import DomainError
from apps.common.pagination import page_of
from apps.common.types import JSONDict
from apps.files.sending import as_attachment
from apps.nodes.catalogue import catalogue
from apps.workflows import drafts, history, presence, services
from apps.workflows.activity import activity_of
from apps.workflows.filters import filtered
from apps.workflows.forms import DetailsForm, ImportForm, NewWorkflowForm
from apps.workflows.models import Workflow
from apps.workflows.reading import runbook_of

ACTIONS = {
    "archive": (services.archive_workflow, "Archived."),
    "duplicate": (services.duplicate_workflow, "Duplicated."),
    "delete": (services.delete_workflow, "Moved to the bin, where it waits 30 days."),
    "restore": (services.undelete_workflow, "Restored."),
    "purge": (services.purge_workflow, "Deleted for good."),
}


@require_GET
@permission_required("workflow.view")
def list_workflows(request: AuthenticatedRequest) -> HttpResponse:
    """Show the workflows; search, folder, tag and state are in the address."""
    return _list(request)


def _list(request: AuthenticatedRequest, status: int = HTTPStatus.OK, **extra: Any) -> HttpResponse:
    seen = policies.visible(request.user, Workflow.objects.all())
    kept = filtered(seen, request.GET, request.user).order_by("-updated_at")
    related = kept.select_related("published_version", "created_by", "folder")
    folders, tags = _folders(request.user), seen.current().tag_counts()
    page = page_of(request, related)
    activity = activity_of(request.user, [workflow.pk for workflow in page])
    for workflow in page:
        workflow.activity = activity.get(workflow.pk)
    context = {
        "workflows": page,
        "folders": folders,
        "shown_folder": next(
            (each for each in folders if str(each.pk) == request.GET.get("folder")), None
        ),
        "folder_choices": [(folder.pk, folder.name) for folder in folders],
        "tags": tags,
        "tag_choices": [(tag, tag) for tag, _ in tags],
        "published_choices": [("true", "published"), ("false", "never published")],
        "filters": request.GET,
        "applied": sum(1 for name in ("folder", "tag", "published") if request.GET.get(name)),
        "state": request.GET.get("state") or "current",
        "counts": seen.counts(),
        "any_workflow": seen.exists(),
        "new_form": NewWorkflowForm(actor=request.user),
        "import_form": ImportForm(),
        "may_edit": policies.holds_anywhere(request.user, "workflow.edit"),
        "may_purge": policies.holds(request.user, "workflow.purge"),
        **extra,
    }
    return render(request, "workflows/list.html", context, status=status)


def _folders(user: User) -> list[Folder]:
    """Return the folders that the user sees as a tree: parents first, with depth and count."""
    folders = list(
        policies.visible(user, Folder.objects.all()).annotate(
            workflow_count=Count(
                "workflows", filter=Q(workflows__deleted_at=None, workflows__archived_at=None)
            )
        )
    )
    names = {str(folder.pk): folder.name.lower() for folder in folders}

    def place(folder: Folder) -> list[str]:
        return [names.get(step, "") for step in folder.path.strip("/").split("/")]

    for folder in folders:
        folder.depth = min(folder.path.count("/") - 1, 3)  # type: ignore[attr-defined]
        folder.key = str(folder.pk)  # type: ignore[attr-defined]
    return sorted(folders, key=place)


@require_POST
@permission_required("workflow.edit")
def create(request: AuthenticatedRequest) -> HttpResponse:
    """Make a workflow that begins as chosen and open it in the studio."""
    form = NewWorkflowForm(request.POST, actor=request.user)
    if not form.is_valid():
        return _list(request, HTTPStatus.UNPROCESSABLE_ENTITY, new_form=form)
    workflow = services.create_workflow(
        actor=request.user,
        definition=form.chosen.definition,
        created_via=form.chosen.via,
        **form.details,
    )
    return redirect("workflows:studio", workflow.pk)


@require_POST
@permission_required("workflow.edit")
def import_file(request: AuthenticatedRequest) -> HttpResponse:
    """Make a workflow from a file and open it."""
    form = ImportForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            made = services.import_workflow(form.cleaned_data["file"], actor=request.user)
            return redirect("workflows:studio", made.workflow.pk)
        except DomainError as error:
            form.add_error("file", _readable(error))
    return _list(request, HTTPStatus.UNPROCESSABLE_ENTITY, import_form=form)


@require_POST
@permission_required("workflow.view")
def act(request: AuthenticatedRequest, workflow_id: UUID, name: str) -> HttpResponse:
    """Carry out one of the actions of the list's menu; each service asks for its right."""
    workflow = services.find_workflow(workflow_id, actor=request.user)
    if name == "unarchive":
        services.archive_workflow(workflow, actor=request.user, archived=False)
        messages.success(request, f"“{workflow.name}”: Back in the list.")
    else:
        service, done = ACTIONS[name]
        service(workflow, actor=request.user)
        messages.success(request, f"“{workflow.name}”: {done}")
    return redirect(_back(request))


@require_POST
@permission_required("workflow.edit")
def details(request: AuthenticatedRequest, workflow_id: UUID) -> HttpResponse:
    """Change folder and tags."""
    workflow = services.find_workflow(workflow_id, actor=request.user)
    form = DetailsForm(request.POST, actor=request.user)
    if not form.is_valid():
        return _list(request, HTTPStatus.UNPROCESSABLE_ENTITY, details_form=form, changed=workflow)
    services.update_workflow(workflow, actor=request.user, revision=None, changes=form.cleaned_data)
    return redirect(_back(request))


def _back(request: AuthenticatedRequest) -> str:
    """Return the list as it was filtered; only a query is taken over, never an address."""
    query = request.POST.get("query", "")[:500].lstrip("?")
    return reverse("workflows:list") + (f"?{query}" if query else "")


def _readable(error: DomainError) -> str:
    first = error.errors[0] if error.errors else None
    return f"{error.detail} {first['field']}: {first['message']}" if first else error.detail


@require_GET
@permission_required("workflow.view")
def export(request: AuthenticatedRequest, workflow_id: UUID) -> HttpResponse:
    """Give a workflow out as a file that `import_file` takes."""
    workflow = services.find_workflow(workflow_id, actor=request.user)
    answer = JsonResponse(services.export_workflow(workflow), json_dumps_params={"indent": 2})
    name = slugify(workflow.name) or "workflow"
    return as_attachment(answer, f"{name}.json")


@require_GET
@permission_required("workflow.view")
def runbook(request: AuthenticatedRequest, workflow_id: UUID) -> HttpResponse:
    """Show the runbook to who only reads it."""
    workflow = services.find_workflow(workflow_id, actor=request.user)
    context = {
        "workflow": workflow,
        "runbook": runbook_of(workflow, reader=request.user),
        "may_edit": workflow.deleted_at is None and policies.allows(request.user, "edit", workflow),
    }
    return render(request, "workflows/runbook.html", context)


@require_GET
@permission_required("workflow.view")
def runbook_file(request: AuthenticatedRequest, workflow_id: UUID) -> HttpResponse:
    """Give the runbook out as Markdown."""
    workflow = services.find_workflow(workflow_id, actor=request.user)
    text = runbook_of(workflow, reader=request.user).markdown
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    name = slugify(workflow.name) or "workflow"
    return as_attachment(answer, f"{name}-runbook.md")


@require_GET
@permission_required("workflow.view")
def studio(request: AuthenticatedRequest, workflow_id: UUID) -> HttpResponse:
    """Open a workflow on the canvas."""
    workflow = services.find_workflow(workflow_id, actor=request.user)
    context = {"workflow": workflow, "boot": boot(workflow, request.user)}
    return render(request, "workflows/studio.html", context)


def _credentials_for(workflow: Workflow, user: User) -> JSONDict:
    """Tell what somebody may do with credentials, and where one that they make would lie."""
    everywhere = policies.holds(user, "credential.manage")
    folder = None if everywhere else workflow.folder
    inside = folder is not None and policies.holds(user, "credential.manage", folder.path)
    return {
        "see": policies.holds_anywhere(user, "credential.view"),
        "make": everywhere or inside,
        "folder": str(folder.pk) if folder is not None and inside else None,
    }


def boot(workflow: Workflow, user: User) -> JSONDict:
    """Return all that the studio needs to show the workflow without asking again."""
    draft = drafts.load(workflow)
    published = workflow.published_version
    api = f"/api/v1/workflows/{workflow.pk}/"
    permissions = {
        verb: workflow.deleted_at is None and policies.allows(user, verb, workflow)
        for verb in ("edit", "run", "publish", "comment", "moderate")
    }
    return {
        "workflow": {
            "id": str(workflow.pk),
            "name": workflow.name,
            "description": workflow.description,
            "folder": workflow.folder.name if workflow.folder else None,
            "version": {
                "published": published.number if published else None,
                "draft_seq": workflow.draft_seq,
                "has_unpublished_changes": workflow.has_unpublished_changes,
            },
        },
        "snapshot": draft.data,
        "etag": workflow.etag,
        "nodeTypes": catalogue(),
        "permissions": permissions,
        "credentials": _credentials_for(workflow, user),
        "collab": {
            "url": presence.socket_of(workflow.pk),
            "user": presence.identity_of(user),
            "canEdit": permissions["edit"],
        },
        "urls": {
            "api": "/api/v1/",
            "workflow": api,
            "updates": f"{api}updates/",
            "runs": f"{api}runs/",
            "publish": f"{api}publish/",
            "versions": f"{api}versions/",
            "history": f"{api}history/",
            "validate": f"{api}validate/",
            "pins": f"{api}pins/",
            "dataSets": f"{api}data-sets/",
            "images": f"{api}images/",
            "runbook": reverse("workflows:runbook", args=[workflow.pk]),
            "runbookFile": reverse("workflows:runbook_file", args=[workflow.pk]),
            "usual": f"{api}usual/",
            "threads": f"{api}comment-threads/",
            "mentionable": f"{api}mentionable/",
            "live": "/ws/live",
            "list": reverse("workflows:list"),
            "starts": reverse("api:workflow-starts"),
            "triggers": {
                kind: f"{reverse('triggers:new', args=[kind])}?workflow={workflow.pk}"
                for kind in ("schedule", "webhook")
            },
            "credentials": reverse("credentials:list"),
        },
        "user": {"id": str(user.pk), "name": str(user)},
        "lastRun": history.last_run(workflow, user),
        "problems": [problem.as_json() for problem in draft.problems],
        "pinned": list(workflow.pins.values_list("node", flat=True)),
    }

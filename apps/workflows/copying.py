"""A runbook that goes from one workflow to another: as a copy, or through a file."""

from apps.common.types import JSON, JSONDict
from apps.workflows import document, drafts
from apps.workflows.images import copy_images
from apps.workflows.models import Workflow
from apps.workflows.runbook import tree


def exported(workflow: Workflow) -> JSONDict:
    """Return the runbook for a file: pictures stay behind, their descriptions go along."""
    return tree.replaced(document.read_runbook(drafts.load(workflow).doc), _described)


def imported(data: JSON) -> JSONDict:
    """Return what of a file's runbook can be taken over."""
    return tree.replaced(tree.cleaned(data), _described)


def copied(source: Workflow, target: Workflow) -> JSONDict:
    """Return the runbook for a copy of the workflow, with pictures of its own."""
    found = document.read_runbook(drafts.load(source).doc)
    ids = [node["attrs"]["image"] for node in tree.walk(found) if node["type"] == "image"]
    twins = copy_images(ids, source, target)

    def own(node: JSONDict) -> JSONDict | None:
        if node["type"] != "image":
            return node
        twin = twins.get(node["attrs"]["image"])
        return node | {"attrs": node["attrs"] | {"image": twin}} if twin else None

    return tree.replaced(found, own)


def _described(node: JSONDict) -> JSONDict | None:
    if node["type"] != "image":
        return node
    alt = node["attrs"]["alt"]
    words = f"[Picture: {alt}]" if alt else "[Picture]"
    return {"type": "paragraph", "content": [{"type": "text", "text": words}]}

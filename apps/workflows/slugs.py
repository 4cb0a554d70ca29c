"""The name of a workflow in addresses and as a model: made of its own name, once."""

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from apps.workflows.models import Workflow

LONGEST = 50
TAIL = 8  # characters of the id, where another workflow has the name already


def give(workflow: Workflow) -> None:
    """Give a workflow its slug, unless it has one: programs rely on it, whatever it is called later."""
    if workflow.slug is not None:
        return
    base = slugify(workflow.name)[:LONGEST].strip("-") or "workflow"
    try:
        _take(workflow, base)
    except IntegrityError:
        _take(workflow, f"{base}-{workflow.pk.hex[-TAIL:]}")


def _take(workflow: Workflow, slug: str) -> None:
    with transaction.atomic():
        Workflow.objects.filter(pk=workflow.pk).update(slug=slug)
    workflow.slug = slug

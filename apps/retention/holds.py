"""What legal holds keep. They are asked anew for each batch: a hold counts from its commit on."""

from uuid import UUID

from apps.retention.exceptions import OnHold
from apps.retention.models import LegalHold
from apps.workflows.models import Workflow


def everything_is_held() -> bool:
    """Tell whether nothing at all may be deleted."""
    return LegalHold.objects.active().filter(workflow=None).exists()


def anything_is_held() -> bool:
    """Tell whether there is any hold; the trail is evidence for each."""
    return LegalHold.objects.active().exists()


def held_workflows() -> set[UUID]:
    """Return the workflows of which nothing may be deleted."""
    held = LegalHold.objects.active().exclude(workflow=None)
    return set(held.values_list("workflow_id", flat=True))


def check_may_go(workflow: Workflow) -> None:
    """Raise OnHold for a workflow that a hold keeps."""
    if everything_is_held() or workflow.pk in held_workflows():
        raise OnHold(f"A legal hold keeps “{workflow.name}”. An owner must release the hold first.")

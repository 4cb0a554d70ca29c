"""What reviews have to say when somebody publishes or moves a workflow."""

from django.db.models import Count, Q
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.reviews.exceptions import LeavesReview, ReviewNeeded
from apps.reviews.models import Review
from apps.reviews.rules import needed_in
from apps.workflows.models import Workflow


class ReviewGate:
    """Lets pass what was approved, once. See `workflows.publishing`."""

    def check_publish(self, workflow: Workflow) -> None:
        """Take up the approval of exactly this draft. Raises ReviewNeeded."""
        approved = Review.objects.filter(
            workflow=workflow,
            status=Review.Status.APPROVED,
            version__sha256=workflow.draft_sha256,
        )
        counted = approved.annotate(count=Count("opinions", filter=Q(opinions__approves=True)))
        needed = needed_in(workflow.folder)
        found = counted.filter(count__gte=needed).first()
        if found is None and needed:
            raise ReviewNeeded
        # Whatever was approved before is history now: an approval counts for one publishing.
        if found is not None:
            found.status = Review.Status.PUBLISHED
            found.save(update_fields=["status", "updated_at"])
        past = Review.objects.filter(workflow=workflow, status=Review.Status.APPROVED)
        past.update(status=Review.Status.WITHDRAWN, updated_at=timezone.now())

    def check_move(self, workflow: Workflow, folder: Folder | None, actor: User) -> None:
        """Refuse to carry a workflow to where it is published more easily. Raises LeavesReview."""
        eased = needed_in(folder) < needed_in(workflow.folder)
        if eased and not policies.holds(actor, "review_rule.manage"):
            raise LeavesReview

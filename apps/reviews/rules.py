"""How many approvals publishing needs where."""

from apps.accounts.models import Folder
from apps.reviews.models import Rule


def needed_in(folder: Folder | None) -> int:
    """Return how many approvals publishing needs in a folder: the most that any rule asks; 0: none."""
    found = Rule.objects.covering(folder).order_by("-approvals")
    return found.values_list("approvals", flat=True).first() or 0

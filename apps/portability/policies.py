"""Who takes the workspace away as an archive: its owners, and to whom they give it."""

from apps.accounts.policies import Policy, register
from apps.portability.models import Export, FormerEntry, Import


@register(Export)
class ExportPolicy(Policy):
    """An archive holds everything, so that who sees one sees all of them."""

    resource = "archive"


@register(Import)
class ImportPolicy(ExportPolicy):
    """Whoever takes archives away sees what came in."""


@register(FormerEntry)
class FormerEntryPolicy(Policy):
    """History that came in is seen by whoever sees the trail."""

    resource = "audit"

"""Who takes the workspace away as an archive: its owners, and to whom they give it."""

from apps.accounts.policies import Policy, register
from apps.portability.models import Export


@register(Export)
class ExportPolicy(Policy):
    """An archive holds everything, so that who sees one sees all of them."""

    resource = "archive"

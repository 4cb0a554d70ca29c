"""Who sees evidence packs: those who may hand them to auditors."""

from apps.accounts.policies import Policy, register
from apps.evidence.models import Pack


@register(Pack)
class PackPolicy(Policy):
    """Packs are the workspace's: whoever holds the right sees all of them."""

    resource = "evidence"

"""Who sees the trail and what is done with it: those who look after the workspace."""

from apps.accounts.policies import Policy, register
from apps.audit.models import AuditEntry
from apps.oversight.models import Verification


@register(AuditEntry)
class EntryPolicy(Policy):
    """The trail is the workspace's; nobody sees a part of it only."""

    resource = "audit"


@register(Verification)
class VerificationPolicy(EntryPolicy):
    """Whoever sees the trail may verify it."""

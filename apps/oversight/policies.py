"""Who sees the trail and what is done with it: those who look after the workspace."""

from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, register
from apps.audit.models import AuditEntry
from apps.oversight.models import Export, Stream, Verification


@register(AuditEntry)
class EntryPolicy(Policy):
    """The trail is the workspace's; nobody sees a part of it only."""

    resource = "audit"


@register(Verification)
class VerificationPolicy(EntryPolicy):
    """Whoever sees the trail may verify it."""


@register(Export)
class ExportPolicy(EntryPolicy):
    """A copy is for the one who asked for it, as long as they may see the trail."""

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return super().visible(actor, queryset).filter(started_by=actor)


@register(Stream)
class StreamPolicy(EntryPolicy):
    """Whoever sees the trail sees where it goes; who manages it says so."""

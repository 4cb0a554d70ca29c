"""Who sees and changes what is kept: those who look after the workspace."""

from apps.accounts.policies import Policy, register
from apps.retention.models import LegalHold, RetentionJob, RetentionRule


@register(RetentionRule)
class RulePolicy(Policy):
    """Rules are the workspace's."""

    resource = "retention"


@register(LegalHold)
class HoldPolicy(RulePolicy):
    """Whoever looks after retention places holds; only owners release them."""


@register(RetentionJob)
class JobPolicy(RulePolicy):
    """Whoever sees the rules sees what they did."""

"""Who may do what with reviews."""

from apps.accounts.policies import Policy, register
from apps.reviews.models import Review, Rule


@register(Review)
class ReviewPolicy(Policy):
    """Rights on reviews are held where their workflow lies."""

    resource = "review"
    folder = "workflow__folder"


@register(Rule)
class RulePolicy(Policy):
    """Rules are the workspace's, also those about a folder; whoever sees reviews sees them."""

    resource = "review"

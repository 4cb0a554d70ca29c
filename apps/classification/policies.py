"""Who sees and changes classes of data, and who may be shown what is withheld."""

from apps.accounts.policies import Policy, register
from apps.classification.models import DataClass


@register(DataClass)
class DataClassPolicy(Policy):
    """Classes are the workspace's; whoever sees workflows sees them, to mark fields."""

    resource = "data_class"

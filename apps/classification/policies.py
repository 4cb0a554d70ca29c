"""Who sees and changes classes of data, and who may be shown what is withheld."""

from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, register
from apps.classification.models import DataClass


@register(DataClass)
class DataClassPolicy(Policy):
    """Classes are the workspace's; whoever sees workflows sees them, to mark fields."""

    resource = "data_class"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        """Keep all for whoever may see them in some folder: fields are marked there, too."""
        permission = f"{self.resource}.view"
        sees = permission in actor.permissions_in() or bool(actor.folder_paths(permission))
        return queryset if sees else queryset.none()

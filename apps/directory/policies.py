"""Who sees and changes directories and imports."""

from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, holds, register
from apps.directory.models import Directory, PeopleImport


@register(Directory)
class DirectoryPolicy(Policy):
    """A directory is as visible as its connection: administrators see, owners change."""

    resource = "connection"


@register(PeopleImport)
class ImportPolicy(Policy):
    """Imports are seen by those who manage members."""

    resource = "member"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset if holds(actor, "member.manage") else queryset.none()

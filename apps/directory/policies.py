"""Who sees and changes directories: administrators see, owners change."""

from apps.accounts.policies import Policy, register
from apps.directory.models import Directory


@register(Directory)
class DirectoryPolicy(Policy):
    """A directory is as visible as its connection."""

    resource = "connection"

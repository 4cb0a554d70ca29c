"""Who sees and changes how people sign in: administrators see, owners change."""

from apps.accounts.policies import Policy, register
from apps.identity.models import Connection, Domain


@register(Connection)
class ConnectionPolicy(Policy):
    """Connections are the workspace's."""

    resource = "connection"


@register(Domain)
class DomainPolicy(ConnectionPolicy):
    """Whoever sees connections sees the domains that they stand for."""

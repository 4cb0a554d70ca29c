"""Who may do what with triggers."""

from apps.accounts.policies import Policy, register
from apps.triggers.models import Delivery, Trigger


@register(Trigger)
class TriggerPolicy(Policy):
    """Rights on triggers are held where their workflow lies."""

    resource = "trigger"
    folder = "workflow__folder"


@register(Delivery)
class DeliveryPolicy(Policy):
    """Whoever sees a trigger sees what came of it."""

    resource = "trigger"
    folder = "trigger__workflow__folder"

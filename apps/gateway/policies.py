"""Who may see and change providers, routes and the ledger."""

from apps.accounts.policies import Policy, register
from apps.gateway.models import Budget, LlmCall, ModelPrice, ModelRoute, Provider


@register(Provider)
class ProviderPolicy(Policy):
    """Every member sees which providers there are; their keys are seen by nobody."""

    resource = "provider"


@register(ModelRoute)
class RoutePolicy(ProviderPolicy):
    """Whoever manages providers decides what a route leads to."""


@register(ModelPrice)
class PricePolicy(ProviderPolicy):
    """Prices belong to providers."""


@register(LlmCall)
class CallPolicy(Policy):
    """Calls and what they cost are usage."""

    resource = "usage"


@register(Budget)
class BudgetPolicy(Policy):
    """A folder's budgets are also seen, and may be managed, by those who have the right on it."""

    resource = "budget"
    folder = "folder"

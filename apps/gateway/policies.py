"""Who may see and change providers, routes and the ledger."""

from apps.accounts.models import User
from apps.accounts.policies import Policy, Rows, holds, register
from apps.gateway.models import (
    Advice,
    AllowList,
    Budget,
    GuardDefaults,
    KeptBody,
    LlmCall,
    ModelPrice,
    ModelRoute,
    Prompt,
    PromptVersion,
    Provider,
    VirtualKey,
)


@register(Provider)
class ProviderPolicy(Policy):
    """Every member sees which providers there are; their keys are seen by nobody."""

    resource = "provider"


@register(ModelRoute)
class RoutePolicy(ProviderPolicy):
    """Whoever manages providers decides what a route leads to."""


@register(AllowList)
class AllowListPolicy(ProviderPolicy):
    """Whoever manages providers decides which of their models may be asked."""


@register(GuardDefaults)
class GuardDefaultsPolicy(ProviderPolicy):
    """Whoever manages providers decides what may reach them."""


@register(ModelPrice)
class PricePolicy(ProviderPolicy):
    """Prices belong to providers."""


@register(Prompt)
class PromptPolicy(Policy):
    """Prompts are the whole workspace's: whoever builds workflows writes them."""

    resource = "prompt"


@register(PromptVersion)
class PromptVersionPolicy(PromptPolicy):
    """Whoever sees the prompt sees its versions."""


@register(LlmCall)
class CallPolicy(Policy):
    """Calls and what they cost are usage."""

    resource = "usage"


@register(KeptBody)
class KeptBodyPolicy(Policy):
    """What people asked and were told is seen by those who may see it, and by nobody else."""

    resource = "call_body"


@register(Advice)
class AdvicePolicy(Policy):
    """Advice tells what calls cost: it is seen by who sees usage. Who manages providers acts on it."""

    resource = "usage"


@register(Budget)
class BudgetPolicy(Policy):
    """A folder's budgets are also seen, and may be managed, by those who have the right on it."""

    resource = "budget"
    folder = "folder"


@register(VirtualKey)
class VirtualKeyPolicy(Policy):
    """Keys are their user's; who manages keys sees all."""

    resource = "api_key"

    def visible(self, actor: User, queryset: Rows) -> Rows:
        return queryset if holds(actor, "api_key.manage") else queryset.filter(key__user=actor)

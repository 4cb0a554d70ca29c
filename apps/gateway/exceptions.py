"""What can go wrong: with a call to a model, and with the settings of the gateway."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from apps.common.errors import Conflict, Invalid, Unavailable

if TYPE_CHECKING:
    from apps.gateway.models import Budget


@dataclass(frozen=True)
class Told:
    """How a provider named its error, in the words of OpenAI's protocol."""

    status: int
    type: str = ""
    param: str = ""
    code: str = ""


class GatewayError(Exception):
    """The model could not be asked.

    `hint` says what to do. A retryable error may pass by itself: the caller may try again later.
    Where it `moves_on`, another target is tried as long as nothing was heard. `retry_after` is the
    provider's wish, `told` how it named the error.
    """

    code: ClassVar[str] = "gateway"
    hint: ClassVar[str] = ""
    retryable: ClassVar[bool] = False
    moves_on: ClassVar[bool] = False
    blames_service: ClassVar[bool] = False  # whether it counts for the model's breaker

    def __init__(
        self, message: str = "", *, retry_after: float | None = None, told: Told | None = None
    ) -> None:
        """Say what happened; the docstring is the message where nothing is added."""
        self.message = message or (type(self).__doc__ or "").strip().split("\n")[0]
        self.retry_after = retry_after
        self.told = told
        super().__init__(self.message)


class UnknownRoute(GatewayError):
    """There is no model route of this name."""

    code = "unknown_route"
    hint = "Choose one of the routes under RelayCore."


class NoUsableTarget(GatewayError):
    """No target of the route can be called: each provider is disabled, not lent or has no key."""

    code = "no_usable_target"
    hint = "Add a key to a provider of the route, or give the route another target."


class KeyRefused(GatewayError):
    """The provider refused the key."""

    code = "key_refused"
    hint = "The key was disabled. Give the provider a new one under RelayCore."
    moves_on = True


class ProviderRejected(GatewayError):
    """The provider rejected the request."""

    code = "provider_rejected"
    hint = "Check the model's name and the parameters of the route."


class ModelWithheld(ProviderRejected):
    """The provider does not have this model, or not for this account."""

    moves_on = True


class ContextTooLong(ProviderRejected):
    """The prompt is longer than the model's context."""

    moves_on = True  # to one that reads more


class ProviderBusy(GatewayError):
    """The provider is limiting calls."""

    code = "provider_rate_limited"
    hint = "Try again later, or give the route a second target."
    retryable = moves_on = True


class ProviderFull(GatewayError):
    """As many calls to the provider go on as may at a time."""

    code = "provider_full"
    hint = "It is tried again; if that lasts, allow more calls at a time, or add a target."
    retryable = moves_on = True


class ProviderFailed(GatewayError):
    """The provider failed."""

    code = "provider_failed"
    hint = "Try again later, or give the route a second target."
    retryable = moves_on = True
    blames_service = True


class ProviderUnreachable(GatewayError):
    """The provider could not be reached."""

    code = "provider_unreachable"
    hint = "Check the provider's address."
    retryable = moves_on = True
    blames_service = True


class ProviderTimedOut(GatewayError):
    """The provider did not answer in time."""

    code = "provider_timeout"
    hint = "Try again later, or give the route a faster model."
    retryable = moves_on = True
    blames_service = True


class ProviderResting(GatewayError):
    """The model kept failing and is left alone for a while."""

    code = "breaker_open"
    hint = "It is tried again by itself. Under Services it can be tried at once."
    retryable = moves_on = True


class AnswerCut(GatewayError):
    """The provider broke off in the middle of its answer."""

    code = "answer_cut"
    hint = "Try again."
    retryable = moves_on = True
    blames_service = True


class NotAnAnswer(GatewayError):
    """The provider answered with something that is not a chat completion."""

    code = "provider_garbage"
    hint = "Check the provider's address: it usually ends in /v1."
    moves_on = True


class AddressDenied(GatewayError):
    """The provider's address may not be reached from here."""

    code = "address_denied"
    hint = "Use a public address, or ask your operator to allow this one."


class BudgetReached(GatewayError):
    """A budget has too little left for this call.

    A repeat does not help before the budget starts anew, at `starts_anew`, or is raised.
    """

    code = "insufficient_quota"
    hint = "Raise the budget under RelayCore, or wait until it starts anew."

    def __init__(self, message: str, *, budget: "Budget", starts_anew: datetime) -> None:
        """Say which budget it is, and until when."""
        super().__init__(message)
        self.budget, self.starts_anew = budget, starts_anew


class PriceUnknown(GatewayError):
    """What this model costs is not known, and a budget applies."""

    code = "price_unknown"
    hint = "Set the model's price, or let the budgets assume one."


class BudgetsAway(GatewayError):
    """Budgets cannot be asked at the moment, so that nothing may be spent."""

    code = "budgets_away"
    hint = "It is tried again. If it lasts, tell whoever runs this installation."
    retryable = True


class GrantUsedUp(GatewayError):
    """The workspace's quota of a provider that the platform lends has too little left for this call."""

    code = "grant_used_up"
    hint = "Ask whoever runs this installation for more, or connect a provider of your own."
    moves_on = True


class NotOffered(GatewayError):
    """The provider does not offer this."""

    code = "not_offered"
    hint = "Choose a route whose providers do."
    moves_on = True


class NoFittingTarget(GatewayError):
    """No target of the route fits this call."""

    code = "no_fitting_target"
    hint = "Raise the limits of the call or of the route, or give the route another target."


class DeadlinePassed(GatewayError):
    """The call was not answered within the time that it may take."""

    code = "deadline_passed"
    hint = "Allow it more time, or give the route a faster model."
    retryable = True


class NotVerified(GatewayError):
    """No answer held: each one failed its check."""

    code = "not_verified"
    hint = "Ask again, loosen what is asked for, or give the route a stronger target."
    retryable = True


class FirstWordLate(GatewayError):
    """The first word did not come within the time that the route gives it."""

    code = "first_word_late"
    hint = "Allow more time to the first word, or give the route a faster model."
    retryable = moves_on = True


class NotBuiltIn(GatewayError):
    """The built-in provider cannot do this without a model."""

    code = "builtin_cannot"
    hint = "Connect a model provider under RelayCore."
    moves_on = True


class WorkflowFailed(GatewayError):
    """The workflow did not come to its end. Its run says why, to those who may see it."""

    code = "workflow_failed"
    status: ClassVar[int] = 500


class WorkflowTimedOut(WorkflowFailed):
    """The workflow was not over in time, and was ended. Its run says how far it came."""

    code = "workflow_timed_out"
    status = 504


class WorkflowWaits(WorkflowFailed):
    """The workflow waits for a person, longer than a call can last. Its run goes on without you."""

    code = "workflow_waits"
    status = 409


class WorkflowUnpaid(WorkflowFailed):
    """A budget has too little left for a step of the workflow."""

    code = "insufficient_quota"
    status = 429


class UnknownPrompt(GatewayError):
    """The library has no such prompt."""

    code = "unknown_prompt"
    hint = "Choose a prompt, and a label or version that it has."


class BadVariables(GatewayError):
    """The variables of the prompt cannot be filled in like this."""

    code = "bad_variables"
    hint = "Give each variable of the prompt a value of its type."


class BadAddress(Invalid):
    """The provider's address cannot be used."""

    code = "bad_address"


class BadProvider(Invalid):
    """The provider cannot be saved like this."""

    code = "bad_provider"


class BadConfig(Invalid):
    """The configuration cannot be taken over like this."""

    code = "bad_config"


class BadRoute(Invalid):
    """The route cannot be saved like this."""

    code = "bad_route"


class BadGuards(Invalid):
    """The guards cannot be saved like this."""

    code = "bad_guards"


class BadAdvice(Invalid):
    """The advice cannot be dismissed like this."""

    code = "bad_advice"


class AdviceDecided(Conflict):
    """Somebody has decided about this advice, or it was taken back."""

    code = "advice_decided"


class RouteChanged(Conflict):
    """The route was changed since. The advice is looked at anew tonight."""

    code = "route_changed"


class NameTaken(Conflict):
    """This name is taken. Choose another one."""

    code = "name_taken"


class BuiltInStays(Conflict):
    """The built-in provider cannot be changed or deleted, only disabled."""

    code = "builtin_stays"


class KeyMoved(Conflict):
    """The key belongs to another address. Enter it again, as a new key."""

    code = "key_moved"


class ModelsUnknown(Conflict):
    """The provider did not tell which models it has."""

    code = "models_unknown"


class LentStays(Conflict):
    """The platform lends this provider: it can be disabled here, and nothing else of it changed."""

    code = "lent_stays"


class InUse(Conflict):
    """A route leads to this provider. Change the route first."""

    code = "in_use"


class RouteNeeded(Conflict):
    """Steps use this route by default. Give it other targets instead of deleting it."""

    code = "route_needed"


class CacheAway(Unavailable):
    """Kept answers cannot be reached right now. Try again shortly."""


class NotCached(Conflict):
    """No answer of this call is kept."""

    code = "not_cached"


class GuardRefused(GatewayError):
    """The guards of this route do not let the call pass."""

    code = "guard_refused"
    hint = "Leave it out, or have the guards of the route changed."

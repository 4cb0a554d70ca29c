"""Errors as OpenAI's protocol names them; `manners` says how each endpoint writes them down."""

from dataclasses import dataclass, field
from http import HTTPStatus

from apps.common.errors import DomainError
from apps.common.problems import as_domain_error
from apps.gateway.exceptions import (
    AddressDenied,
    BudgetReached,
    DeadlinePassed,
    FirstWordLate,
    GatewayError,
    GrantUsedUp,
    GuardRefused,
    NoFittingTarget,
    NotBuiltIn,
    NotOffered,
    PriceUnknown,
    ProviderBusy,
    ProviderFull,
    ProviderRejected,
    ProviderTimedOut,
    UnknownRoute,
    WorkflowFailed,
)
from apps.gateway.v1.limits import RateExceeded

INVALID, SERVER = "invalid_request_error", "server_error"
FINAL = {"x-should-retry": "false"}  # read by OpenAI's clients: a repeat would end in the same way
TYPES = {HTTPStatus.FORBIDDEN: "permission_error", HTTPStatus.TOO_MANY_REQUESTS: "requests"}


@dataclass(frozen=True)
class Refusal:
    """An error as it is told over the wire."""

    status: int
    message: str
    type: str = INVALID
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class BadCall(DomainError):
    """The request cannot be understood."""

    status, code = HTTPStatus.BAD_REQUEST, "invalid_value"

    def __init__(self, detail: str, *, param: str | None = None, code: str | None = None) -> None:
        """Say what is wrong, and with which parameter."""
        super().__init__(detail)
        self.param = param
        self.named = code


class ModelNotFound(DomainError):
    """The model does not exist or this key may not use it."""

    status, code = HTTPStatus.NOT_FOUND, "model_not_found"

    def __init__(self, model: str) -> None:
        """Name the model; whether it exists for others is not said."""
        super().__init__(
            f"The model `{model[:80]}` does not exist or you do not have access to it."
        )


def refusal_of(error: Exception) -> Refusal | None:
    """Return how an error is told; None for one that is a bug of ours."""
    if isinstance(error, BudgetReached | GrantUsedUp | PriceUnknown):
        return _of_money(error)
    if isinstance(error, WorkflowFailed):
        return _of_workflow(error)
    if isinstance(error, GatewayError):
        return _of_gateway(error)
    domain = as_domain_error(error)
    return None if domain is None else _of_domain(domain)


def _of_domain(error: DomainError) -> Refusal:
    status, code = int(error.status), error.code
    kind = TYPES.get(HTTPStatus(status), INVALID if status < 500 else SERVER)
    param = None
    if isinstance(error, BadCall):
        code, param = error.named or error.code, error.param
    if isinstance(error, ModelNotFound):
        param = "model"
    if isinstance(error, RateExceeded):
        kind = error.kind
    headers = {name.lower(): value for name, value in error.headers.items()}
    return Refusal(status, error.detail, kind, code, param, headers)


def _of_gateway(error: GatewayError) -> Refusal:
    message = f"{error.message} {error.hint}".strip()
    if isinstance(error, UnknownRoute):
        return Refusal(404, error.message, INVALID, "model_not_found", "model")
    if isinstance(error, GuardRefused | NotBuiltIn | NotOffered | NoFittingTarget):
        return Refusal(400, message, INVALID, error.code, headers=FINAL)
    if isinstance(error, ProviderRejected):
        return _rejected(error)
    headers = {} if error.retry_after is None else {"retry-after": f"{error.retry_after:.0f}"}
    if isinstance(error, ProviderBusy | ProviderFull):
        told = error.told.code if error.told else ""
        if told == "insufficient_quota":
            return Refusal(429, error.message, told, told, headers=FINAL)
        return Refusal(429, error.message, "requests", "rate_limit_exceeded", headers=headers)
    if isinstance(error, ProviderTimedOut | DeadlinePassed | FirstWordLate):
        return Refusal(504, message, SERVER, error.code, headers=headers)
    if isinstance(error, AddressDenied) or not error.retryable:
        headers = FINAL
    return Refusal(503, message, SERVER, error.code, headers=headers)


def _of_workflow(error: WorkflowFailed) -> Refusal:
    """Tell that a run did not answer; clients shall not start another one by themselves."""
    kind = INVALID if error.status < 500 else SERVER
    if error.status == HTTPStatus.TOO_MANY_REQUESTS:
        kind = error.code
    return Refusal(error.status, error.message, kind, error.code, headers=FINAL)


def _of_money(error: BudgetReached | GrantUsedUp | PriceUnknown) -> Refusal:
    """Tell that nothing may be spent: a repeat would not change it."""
    if isinstance(error, PriceUnknown):
        message = f"{error.message} {error.hint}"
        return Refusal(400, message, INVALID, error.code, "model", headers=FINAL)
    if isinstance(error, GrantUsedUp):
        message, code = f"{error.message} {error.hint}", "insufficient_quota"
        return Refusal(429, message, code, code, headers=FINAL)
    headers = {**FINAL, "x-auterity-budget-resets": error.starts_anew.isoformat()}
    return Refusal(429, error.message, error.code, error.code, headers=headers)


def _rejected(error: ProviderRejected) -> Refusal:
    """Tell a provider's refusal in its own words where it has some: clients know them."""
    told = error.told
    if told is None:
        return Refusal(400, error.message, INVALID, error.code)
    if told.status == HTTPStatus.NOT_FOUND:
        return Refusal(404, error.message, INVALID, told.code or "model_not_found", "model")
    status = told.status if told.status in (400, 403, 409, 413, 422) else 400
    code = told.code or ("invalid_value" if status == HTTPStatus.BAD_REQUEST else error.code)
    return Refusal(status, error.message, told.type or INVALID, code, told.param or None)

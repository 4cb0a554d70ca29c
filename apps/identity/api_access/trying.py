"""What would happen with a token, in words; nobody is let in by it, and it is not kept."""

from dataclasses import dataclass, field

from apps.common.types import JSONDict
from apps.identity.api_access import deciding
from apps.identity.api_access.checks import ACCESS_TOKEN, CLIENT_CLAIMS, values_of
from apps.identity.api_access.refusals import TokenRefused
from apps.identity.exceptions import SignInRefused
from apps.identity.models import ApiAccess
from apps.identity.oidc import signatures

SHOWN = ("iss", "aud", "sub", *CLIENT_CLAIMS, "exp")


@dataclass(frozen=True)
class Trial:
    """What came of it: whom the token would let in, or why it opens nothing."""

    outcome: str
    lets_in: bool
    advice: str = ""
    claims: list[tuple[str, str]] = field(default_factory=list)


def explain(token: str, access: ApiAccess) -> Trial:
    """Say what would happen with a token on the API."""
    token = token.strip().removeprefix("Bearer ").strip()
    small = len(token) <= ACCESS_TOKEN.largest
    claims = _shown(signatures.unverified(token) if small else {}, access)
    try:
        caller = deciding.decide(token, access)
    except TokenRefused as refusal:
        return Trial(refusal.words, lets_in=False, advice=_advice(refusal.why), claims=claims)
    except SignInRefused as error:
        return Trial(error.detail, lets_in=False, advice=error.hint, claims=claims)
    sort = "the program" if caller.client else "the member"
    told = f"It would act as {sort} {caller.user}, with the role {caller.role} at most."
    hint = "" if access.is_on and access.connection.is_active else "Tokens are switched off here."
    return Trial(told, lets_in=True, advice=hint, claims=claims)


ADVICE = {
    "unknown_subject": "Members are known after they signed in through this connection once. For a program, add its subject and client below.",
    "no_rule": "Add a rule for one of these values, or ask the provider for another scope.",
    "audience": "Add the audience that is shown below, if it stands for this API and nothing else.",
    "audiences": "Ask the provider for a token for this API alone.",
    "untyped": "Okta, Entra ID and Keycloak leave typ out: allow such tokens in the settings, if the audience is this API's alone.",
    "id_token": "The provider's token answer holds both; the access token is the other one.",
    "too_long": "Let the provider give shorter tokens, or raise the limit in the settings.",
    "issuer": "Compare the issuer below with the one under Exchange details, sign by sign.",
    "bound": "Ask for a plain Bearer token.",
}


def _advice(why: str) -> str:
    return ADVICE.get(why, "")


def _shown(claims: JSONDict, access: ApiAccess) -> list[tuple[str, str]]:
    """Return what helps to set it up, as received."""
    found = [(name, str(claims[name])[:300]) for name in SHOWN if name in claims]
    values = sorted(values_of(claims, access.claim))
    return [*found, (access.claim, ", ".join(values)[:300])] if claims else []

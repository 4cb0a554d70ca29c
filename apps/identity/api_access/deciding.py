"""Whom a token lets in, and with what rights: never more than the person or program holds here."""

from dataclasses import dataclass

from django.db.models import QuerySet

from apps.accounts.acting import ActingToken
from apps.accounts.models import Role, User
from apps.identity.api_access.checks import ACCESS_TOKEN, Vouched, verified
from apps.identity.api_access.refusals import TokenRefused
from apps.identity.models import ApiAccess, Connection, Link, TokenClient
from apps.identity.oidc import signatures


@dataclass(frozen=True)
class Caller:
    """Whom a token lets in: a linked member, or a program."""

    user: User
    client: TokenClient | None
    role: Role


def access_for(token: str) -> ApiAccess:
    """Return the settings of the connection whose token this would be. Raises TokenRefused.

    Issuer and audience are taken unverified, only to choose whose keys are asked.
    """
    if len(token) > ACCESS_TOKEN.largest:
        raise TokenRefused("too_large", "The token is larger than 16 KiB.")
    claims = signatures.unverified(token)
    issuer = claims.get("iss")
    if not isinstance(issuer, str):
        raise TokenRefused("no_token", "This is no token that names its issuer.")
    found = list(usable().filter(connection__issuer=issuer))
    if not found:
        raise TokenRefused("unknown_issuer", f"No connection accepts tokens of {issuer[:200]}.")
    named = claims.get("aud")
    asked = set(map(str, named if isinstance(named, list) else [named]))
    fitting = [each for each in found if asked & set(each.audiences)]
    return (fitting or found)[0]


def usable() -> QuerySet[ApiAccess]:
    """Return the settings of connections that owners switched on, for sign-ins and for this."""
    found = ApiAccess.objects.select_related("connection", "cap").order_by("created_at")
    active = found.filter(is_on=True, connection__status=Connection.Status.ACTIVE)
    return active.filter(connection__ceiling=None)


def decide(token: str, access: ApiAccess) -> Caller:
    """Return whom a token lets in. Raises TokenRefused, ProviderFailed."""
    vouched = verified(token, access)
    user, client = _whom(vouched, access)
    if not user.is_active or user.removed_at is not None:
        raise TokenRefused("not_active", f"{user} is suspended or no member any more.")
    return Caller(user, client, role_of(vouched.values, access))


def acting(caller: Caller, access: ApiAccess) -> User:
    """Return the user, limited to what the token allows."""
    named = caller.client or caller.user
    caller.user.acting_key = ActingToken(
        pk=f"token-{named.pk}",
        label=f"token of {access.connection}",
        role=caller.role,
        allowed=caller.role.allowed & access.cap.allowed,
    )
    return caller.user


def role_of(values: frozenset[str], access: ApiAccess) -> Role:
    """Return the strongest role that the values bring. Raises TokenRefused."""
    rules = access.rules.select_related("role").filter(value__in=values).order_by("value")
    roles = [rule.role for rule in rules]
    if not roles:
        told = ", ".join(sorted(values)[:5]) or "nothing"
        raise TokenRefused("no_rule", f"No rule knows what {access.claim} says: {told[:200]}.")
    return max(roles, key=lambda role: len(role.allowed & access.cap.allowed))


def _whom(vouched: Vouched, access: ApiAccess) -> tuple[User, TokenClient | None]:
    links = Link.objects.select_related("user").filter(connection=access.connection)
    link = links.filter(subject=vouched.subject).first()
    client = access.clients.select_related("user").filter(subject=vouched.subject).first()
    if link is not None and client is not None:
        raise TokenRefused("two_meanings", "A person and a program go by this subject.")
    if link is not None:
        return link.user, None
    if client is None:
        raise TokenRefused("unknown_subject", f"Nobody here goes by the subject {vouched.subject[:100]}.")  # fmt: skip
    if client.client_id != vouched.client_id:
        raise TokenRefused("other_client", f"The program {client} comes with the client {client.client_id}, this token with {vouched.client_id or 'none'}.")  # fmt: skip
    return client.user, client

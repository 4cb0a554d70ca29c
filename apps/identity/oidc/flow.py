"""The way to a provider and back: authorization code, bound by PKCE, state and nonce to one browser."""

import base64
import hashlib
from urllib.parse import quote, urlencode

from django.http import QueryDict
from yarl import URL

from apps.common.types import JSONDict
from apps.identity import attempts
from apps.identity.exceptions import AnswerRefused, ProviderRefused
from apps.identity.models import Attempt, Connection
from apps.identity.oidc import provider as publishing
from apps.identity.oidc import tokens
from apps.identity.oidc.provider import Provider

SCOPES = "openid email profile"
# Groups are a scope of their own where the provider knows it as one.
GROUPS_SCOPE = frozenset({"okta", "keycloak", "other"})
FORM = "application/x-www-form-urlencoded"


def address(attempt: Attempt, *, back: str, hint: str = "", anew: bool = False) -> str:
    """Return where the browser goes. Raises ProviderFailed, AnswerRefused."""
    connection = attempt.connection
    provider = publishing.find(connection.issuer)
    challenge = hashlib.sha256(attempts.verifier(attempt).encode()).digest()
    query = {
        "response_type": "code",
        "client_id": connection.client_id,
        "redirect_uri": back,
        "scope": scopes(connection),
        "state": attempts.state(attempt),
        "nonce": attempts.nonce(attempt),
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if hint:
        query["login_hint"] = hint
    if anew:
        query |= {"prompt": "login", "max_age": "0"}
    return str(URL(provider.authorization_endpoint).update_query(query))


def scopes(connection: Connection) -> str:
    """Return what is asked for."""
    wants_groups = connection.groups_claim and connection.vendor in GROUPS_SCOPE
    return f"{SCOPES} groups" if wants_groups else SCOPES


def claims(attempt: Attempt, given: QueryDict, *, back: str) -> JSONDict:
    """Return what the provider vouches for, from the answer that the browser brought back.

    Raises ProviderRefused, ProviderFailed or AnswerRefused.
    """
    connection = attempt.connection
    if given.get("error"):
        said = given.get("error_description") or given["error"]
        raise ProviderRefused(f"{connection.name} did not let you through: {said[:300]}")
    provider = publishing.find(connection.issuer)
    _check_sender(provider, given)
    answer = _exchange(attempt, provider, given.get("code", ""), back)
    access_token = str(answer.get("access_token", ""))
    expected = tokens.Expected(connection.client_id, attempts.nonce(attempt), access_token)
    found = tokens.verify(str(answer.get("id_token", "")), provider, expected)
    return _completed(found, connection, provider, access_token)


def _check_sender(provider: Provider, given: QueryDict) -> None:
    """Refuse the answer of another provider to our question (RFC 9207)."""
    named = given.get("iss", "" if provider.names_itself else provider.issuer)
    if named != provider.issuer:
        raise AnswerRefused("The answer came from another provider than the one that was asked.")


def _exchange(attempt: Attempt, provider: Provider, code: str, back: str) -> JSONDict:
    """Turn the code into tokens; the client secret goes to the token endpoint and nowhere else."""
    if not code:
        raise AnswerRefused("The provider sent no code.")
    connection = attempt.connection
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": back,
        "code_verifier": attempts.verifier(attempt),
    }
    headers = {"Content-Type": FORM}
    secret = connection.secret
    if secret and not provider.authenticates_by_post:
        pair = f"{quote(connection.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": connection.client_id, **({"client_secret": secret} if secret else {})}
    content = urlencode(form).encode()
    return publishing.ask("POST", provider.token_endpoint, headers=headers, content=content)


def _completed(
    found: JSONDict, connection: Connection, provider: Provider, access_token: str
) -> JSONDict:
    """Add what the ID token leaves out and the provider tells about the same person when asked."""
    wanted = (connection.email_claim, connection.name_claim, connection.groups_claim)
    complete = all(name in found for name in wanted if name)
    if complete or not provider.userinfo_endpoint or not access_token:
        return found
    headers = {"Authorization": f"Bearer {access_token}"}
    more = publishing.ask("GET", provider.userinfo_endpoint, headers=headers)
    if more.get("sub") != found["sub"]:
        raise AnswerRefused("The provider told about another person when asked for more.")
    return more | found

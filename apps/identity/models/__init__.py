"""Connections to identity providers, the domains they stand for, and whom they signed in."""

from apps.identity.models.api_access import (
    ApiAccess,
    ScopeRule,
    TokenClient,
    TokenClientQuerySet,
)
from apps.identity.models.connections import (
    ATTEMPT_LIFE,
    KEPT_FOR,
    NAME_ID,
    NAME_ID_FORMAT,
    TOKEN_PREFIX,
    Attempt,
    AttemptQuerySet,
    BreakGlass,
    Connection,
    ConnectionQuerySet,
    Domain,
    DomainQuerySet,
    GroupRule,
    Link,
    SeenAssertion,
    SeenAssertionQuerySet,
    SigningKey,
    new_token,
)
from apps.identity.models.setup_links import (
    SETUP_LIFE,
    SetupLink,
)

__all__ = [
    "ATTEMPT_LIFE",
    "KEPT_FOR",
    "NAME_ID",
    "NAME_ID_FORMAT",
    "SETUP_LIFE",
    "TOKEN_PREFIX",
    "ApiAccess",
    "Attempt",
    "AttemptQuerySet",
    "BreakGlass",
    "Connection",
    "ConnectionQuerySet",
    "Domain",
    "DomainQuerySet",
    "GroupRule",
    "Link",
    "ScopeRule",
    "SeenAssertion",
    "SeenAssertionQuerySet",
    "SetupLink",
    "SigningKey",
    "TokenClient",
    "TokenClientQuerySet",
    "new_token",
]

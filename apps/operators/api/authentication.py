"""Who is calling the platform API: keys alone, since a session belongs to a browser."""

from typing import Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.accounts import keys, refusals
from apps.accounts.api.authentication import SCHEME
from apps.accounts.models import User
from apps.common.errors import Unauthenticated
from apps.common.requests import client_ip
from apps.operators.exceptions import MissingScope
from apps.operators.keys import user_of
from apps.operators.models import KIND, PlatformKey


class PlatformKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer aup_...`; keys of workspaces are none of these."""

    def authenticate(self, request: Request) -> tuple[User, Any] | None:
        header = request.headers.get("Authorization")
        if not header:
            return None
        text = header.removeprefix(SCHEME) if header.startswith(SCHEME) else ""
        user = user_of(text)
        if user is None:
            key_id, _ = keys.split(text, kind=KIND)
            told = {"key": key_id or "no key of ours"}
            refusals.note("platform_key.refused", who=client_ip(request), told=told)
            raise AuthenticationFailed
        return user, user.acting_key

    def authenticate_header(self, request: Request) -> str:
        return Unauthenticated.challenge


class HasScope(BasePermission):
    """Ask for the scope that the view declares for this method; what is not declared is refused."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        key = request.auth
        if not isinstance(key, PlatformKey):
            raise Unauthenticated
        needed = getattr(view, "permission_required", {}).get(request.method)
        if needed not in key.scopes:
            raise MissingScope(f"This asks for a key with the scope {needed}.")
        return True

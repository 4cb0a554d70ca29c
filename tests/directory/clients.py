"""A client that sends what directories send, as bytes over HTTP."""

import json
from datetime import timedelta
from typing import Any

from django.test import Client

from apps.accounts.models import Group, RoleBinding, User
from apps.audit.models import AuditEntry
from apps.common.types import JSONDict
from apps.directory.models import Directory, KeptGroup, Person
from apps.directory.services import make_token

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


class ScimClient:
    """Sends requests with a token, with the media type that directories use."""

    def __init__(
        self, token: str, tenant: str = "alpha", media: str = "application/scim+json"
    ) -> None:
        self.token = token
        self.media = media
        self._client = Client(HTTP_HOST=f"{tenant}.localhost", raise_request_exception=False)

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send a request and return the answer."""
        content = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        sent = {"Authorization": f"Bearer {self.token}", **headers}
        return self._client.generic(method, f"/scim/v2{path}", content, self.media, headers=sent)

    def add(self, user_name: str, **other: Any) -> JSONDict:
        """Add a person and return what is answered."""
        answer = self("POST", "/Users", {"schemas": [USER], "userName": user_name, **other})
        assert answer.status_code == 201, answer.content
        added: JSONDict = answer.json()
        return added

    def add_group(self, name: str, *members: str) -> JSONDict:
        """Add a group of people and return what is answered."""
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": each} for each in members]}  # fmt: skip
        answer = self("POST", "/Groups", body)
        assert answer.status_code == 201, answer.content
        added: JSONDict = answer.json()
        return added

    def patch(self, path: str, *operations: JSONDict, **headers: str) -> Any:
        """Send operations and return the answer."""
        body = {"schemas": [PATCH], "Operations": list(operations)}
        return self("PATCH", path, body, **headers)

    def get(self, path: str, **headers: str) -> Any:
        """Read something."""
        return self("GET", path, **headers)


def client_of(directory: Directory, owner: User) -> ScimClient:
    """Return a client with a token of its own."""
    return ScimClient(token_of(directory, owner))


def token_of(directory: Directory, owner: User) -> str:
    """Make a token and return its text."""
    return make_token(directory.connection, life=timedelta(days=90), actor=owner)[1]


def refused(answer: Any, status: int, kind: str | None = None) -> str:
    """Check that an answer is a refusal in the shape of RFC 7644, and return what it says."""
    told = answer.json()
    assert answer.status_code == status, told
    assert answer["Content-Type"] == "application/scim+json"
    assert told["schemas"] == [ERROR]
    assert told["status"] == str(status)
    assert told.get("scimType") == kind
    detail: str = told["detail"]
    return detail


def state() -> Any:
    """Return all that a directory could have changed."""
    return (
        list(User.objects.order_by("pk").values("pk", "email", "name", "is_active", "is_staff", "is_superuser", "password", "session_epoch")),
        list(RoleBinding.objects.order_by("pk").values("user", "group", "role__name", "folder")),
        list(Group.objects.order_by("pk").values("pk", "name", "memberships__user")),
        list(Person.objects.order_by("pk").values("pk", "document", "active", "version")),
        list(KeptGroup.objects.order_by("pk").values("pk", "display_name", "version")),
        AuditEntry.objects.count(),
    )  # fmt: skip

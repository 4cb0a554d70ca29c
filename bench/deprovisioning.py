"""People of the workspace and of a company's directory, each with a key and a session: for `bench.revoking`."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

Command = Callable[
    ..., str
]  # a management command beside the product; the last word that it printed

# A connection whose domain counts as proved, and a token of its directory.
DIRECTORY = """
from datetime import timedelta
from django.utils import timezone
from apps.accounts.models import User
from apps.directory import services as directories
from apps.identity import services as identity
from apps.identity.models import Domain
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
with tenant_context(tenant):
    owner = next(each for each in User.objects.members() if each.role and each.role.name == "owner")
    made = identity.create_connection(vendor="okta", name="Bench", actor=owner)
    identity.set_default_role(made, "builder", actor=owner)
    domain = identity.add_domain("bench.example", actor=owner)
    Domain.objects.filter(pk=domain.pk).update(verified_at=timezone.now())
    domain.refresh_from_db()
    identity.assign_domain(domain, made, actor=owner)
    made.refresh_from_db()
    directories.set_cap(made, "builder", actor=owner)
    directories.switch(made, on=True, actor=owner)
    print(directories.make_token(made, life=timedelta(days=1), actor=owner)[1])
"""
# A key and a session of each person; who is not there is added.
HOLDERS = """
import json
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from apps.accounts.models import User
from apps.accounts.services import add_member, create_api_key
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
store = import_module(settings.SESSION_ENGINE).SessionStore
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
found = []
with tenant_context(tenant):
    for email in EMAILS:
        user = User.objects.filter(email=email).first() or add_member(email=email, name="M", role="builder")
        key = create_api_key(name="Own", role="builder", user=user, actor=user)[1]
        session = store()
        session[SESSION_KEY] = str(user.pk)
        session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
        session[HASH_SESSION_KEY] = user.get_session_auth_hash()
        session.create()
        cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}"
        found.append([str(user.pk), key, cookie])
print(json.dumps(found, separators=(",", ":")))
"""
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"


@dataclass(frozen=True)
class Scim:
    """A directory's client."""

    port: int
    token: str

    def __call__(self, method: str, path: str, body: Any) -> Any:
        """Send a request that must succeed."""
        address = f"http://127.0.0.1:{self.port}/scim/v2{path}"
        headers = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/scim+json",
            "Host": f"demo.localhost:{self.port}",
        }  # fmt: skip
        sent = urllib.request.Request(address, json.dumps(body).encode(), headers, method=method)
        with urllib.request.urlopen(sent, timeout=60) as answer:
            return json.loads(answer.read() or b"null")

    def leaves(self, person: str) -> None:
        """Say that somebody works there no longer."""
        operation = {"op": "replace", "path": "active", "value": False}
        self("PATCH", f"/Users/{person}", {"schemas": [PATCH], "Operations": [operation]})


@dataclass(frozen=True)
class Person:
    """Somebody with a key and a browser; `in_directory` is what a directory knows them by."""

    member: str
    key: str
    cookie: str
    in_directory: str = ""


def members(command: Command, count: int) -> list[Person]:
    """Add so many people to the workspace."""
    return _holders(command, [f"m{number:05}@members.example" for number in range(count)])


def people(port: int, command: Command, count: int) -> tuple[Scim, list[Person]]:
    """Return a directory that added so many people, and them."""
    scim = Scim(port, command("shell", "-v", "0", "-c", DIRECTORY))
    emails = [f"p{number:05}@bench.example" for number in range(count)]
    ids = [scim("POST", "/Users", {"schemas": [USER], "userName": email})["id"] for email in emails]
    found = _holders(command, emails)
    return scim, [replace(each, in_directory=known) for each, known in zip(found, ids, strict=True)]


def _holders(command: Command, emails: list[str]) -> list[Person]:
    script = HOLDERS.replace("EMAILS", json.dumps(emails))
    return [Person(*each) for each in json.loads(command("shell", "-v", "0", "-c", script))]

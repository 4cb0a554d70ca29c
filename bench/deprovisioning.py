"""People whom a company's directory adds and removes again, each with a key: for `bench.revoking`."""

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
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
KEYS = """
import json
from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
with public_scope():
    tenant = Tenant.objects.get(slug="demo")
with tenant_context(tenant):
    people = User.objects.filter(email__endswith="@bench.example").order_by("email")
    found = [create_api_key(name="Own", role="builder", user=each, actor=each)[1] for each in people]
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


def people(port: int, command: Command, count: int) -> tuple[Scim, list[tuple[str, str]]]:
    """Return a directory that added so many people: their ids there, and a key of each."""
    scim = Scim(port, command("shell", "-v", "0", "-c", DIRECTORY))
    ids = [
        scim("POST", "/Users", {"schemas": [USER], "userName": f"p{number:05}@bench.example"})["id"]
        for number in range(count)
    ]
    keys = json.loads(command("shell", "-v", "0", "-c", KEYS))
    return scim, list(zip(ids, keys, strict=True))

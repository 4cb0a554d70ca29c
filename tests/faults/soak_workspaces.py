"""`python -m tests.faults.soak_workspaces`: workspaces for a soak, each with a key.

Reads a JSON list of slugs; makes those that are missing, and prints the keys by slug as its last line.
"""

import json
import os
import sys

import django


def key_of(slug: str) -> str:
    """Return a new key with every right in a workspace, which is made if there is none."""
    from apps.accounts.services import create_service_key
    from apps.onboarding.services import create_workspace
    from apps.tenants.context import public_scope, tenant_context
    from apps.tenants.models import Tenant

    with public_scope():
        tenant = Tenant.objects.filter(slug=slug).first()
    if tenant is None:
        tenant, _ = create_workspace(
            name=slug, slug=slug, owner_email=f"owner@{slug}.example", owner_name="Owner",
            password=None,
        )  # fmt: skip
    with tenant_context(tenant):
        return create_service_key(name="soak", role="owner", actor=None)[1]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    django.setup()
    sys.stdout.write("\n" + json.dumps({slug: key_of(slug) for slug in json.load(sys.stdin)}))

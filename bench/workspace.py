"""`python -m bench.workspace`: how long making a workspace takes, sign-up to first workflow.

It works on the services of DATABASE_URL and REDIS_URL, or on those of the running product; the
workspaces are removed again. `python manage.py with_services -- python -m bench.workspace` brings
its own.
"""

import json
import os
import statistics
import time

import django

ROUNDS = 8


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")
    django.setup()

    from django.conf import settings  # noqa: PLC0415 - after the setup

    from apps.common.ids import uuid7  # noqa: PLC0415
    from apps.onboarding.services import create_workspace  # noqa: PLC0415
    from apps.tenants.context import public_scope  # noqa: PLC0415
    from apps.tenants.migrating import migrate_all  # noqa: PLC0415
    from apps.tenants.services import drop_tenant  # noqa: PLC0415

    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    times = []
    with public_scope():
        migrate_all()
        for _ in range(ROUNDS):
            slug = f"bench-{uuid7().hex[-10:]}"
            started = time.monotonic()
            tenant, _owner = create_workspace(
                name="Bench", slug=slug, owner_email="owner@bench.example",
                owner_name="Bench", password="correct horse 7",
            )  # fmt: skip
            times.append(time.monotonic() - started)
            drop_tenant(tenant)
    found = {
        "bench": "workspace",
        "rounds": ROUNDS,
        "median_s": round(statistics.median(times), 3),
        "worst_s": round(max(times), 3),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()

"""Tokens from before their ends were watched are watched, too."""

from datetime import timedelta

from django.db import migrations
from django.utils import timezone

from apps.common.ids import uuid7

CHORE, DAYS = "directory.tokens", 30
OWN_ROLE = "SELECT role_name FROM public.tenants_tenant WHERE schema_name = current_schema()"
PLAN = """
INSERT INTO public.dispatch_chore (id, role, kind, subject, due_at) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (role, kind, subject) DO NOTHING
"""


def watch(apps, editor):
    """Plan a look at each token that still opens something; the owner writes it for the workspace."""
    tokens = apps.get_model("directory", "Token").objects.filter(revoked_at=None)
    with editor.connection.cursor() as cursor:
        cursor.execute(OWN_ROLE)
        own = cursor.fetchone()
        if own is None:  # the template, which nobody works in
            return
        for token in tokens.filter(expires_at__gt=timezone.now()):
            due = token.expires_at - timedelta(days=DAYS)
            cursor.execute(PLAN, [uuid7(), own[0], CHORE, token.pk, due])


class Migration(migrations.Migration):
    dependencies = [("directory", "0003_add_heir")]

    operations = [migrations.RunPython(watch, migrations.RunPython.noop)]

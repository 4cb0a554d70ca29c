"""Runs that stood still for a person before tickets said so are marked, and told from paused ones."""

from django.db import migrations

# The owner writes it for the workspace, whose role sees its own tickets only.
MARK = """
UPDATE public.dispatch_ticket AS ticket SET needs_attention = true
FROM runs_run AS run
WHERE run.id = ticket.id AND run.status = 'needs_attention' AND ticket.status = 'paused'
AND NOT ticket.needs_attention
"""


class Migration(migrations.Migration):
    dependencies = [
        ("runs", "0016_keep_views_of_the_list"),
        ("dispatch", "0009_add_needs_attention"),
    ]

    operations = [migrations.RunSQL(MARK, migrations.RunSQL.noop)]

"""Calls that steps made from before say of which workflow they were."""

from django.db import migrations

NAMED = """
UPDATE gateway_llmcall AS made SET workflow_id = run.workflow_id
FROM runs_run AS run WHERE run.id = made.run_id AND made.node_id <> ''
"""


class Migration(migrations.Migration):

    dependencies = [
        ("runs", "0011_add_run_key"),
        ("gateway", "0020_add_who_and_what_else_of_calls"),
    ]

    operations = [migrations.RunSQL(NAMED, migrations.RunSQL.noop)]

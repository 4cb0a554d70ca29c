"""Versions that are there say how far the log was, and stand in the history."""

from django.db import migrations

SEQ = """
UPDATE workflows_workflowversion AS version SET seq = coalesce((
    SELECT max(log.seq) FROM workflows_workflowupdate AS log
    WHERE log.workflow_id = version.workflow_id AND log.created_at <= version.created_at), 0)
"""
MARKS = """
INSERT INTO workflows_point (id, workflow_id, version_id, seq, first, origin, name, authors, changes,
                             began_at, created_at, is_coarse)
SELECT DISTINCT ON (workflow_id, seq) gen_random_uuid(), workflow_id, id, seq, seq + 1, 'editor', '',
    CASE WHEN created_by_id IS NULL THEN '{}'::uuid[] ELSE ARRAY[created_by_id] END, '[]',
    created_at, created_at, false
FROM workflows_workflowversion WHERE number IS NOT NULL
ORDER BY workflow_id, seq, number DESC
"""


class Migration(migrations.Migration):

    dependencies = [
        ("workflows", "0005_add_points_and_origins"),
    ]

    operations = [
        migrations.RunSQL(SEQ, migrations.RunSQL.noop),
        migrations.RunSQL(MARKS, migrations.RunSQL.noop),
    ]

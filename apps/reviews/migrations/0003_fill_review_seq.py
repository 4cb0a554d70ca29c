"""Reviews that are there say how far the draft's log was."""

from django.db import migrations

SEQ = """
UPDATE reviews_review AS review SET seq = coalesce((
    SELECT max(log.seq) FROM workflows_workflowupdate AS log
    WHERE log.workflow_id = review.workflow_id AND log.created_at <= review.created_at), 0)
"""


class Migration(migrations.Migration):

    dependencies = [
        ("reviews", "0002_add_review_seq"),
        ("workflows", "0006_mark_published_versions"),
    ]

    operations = [migrations.RunSQL(SEQ, migrations.RunSQL.noop)]

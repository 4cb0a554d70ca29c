"""Row-level security: a workspace's role sees and writes its own rows.

Enabled, not forced: the owner, as whom the sweeper runs, sees the rows of all workspaces.
"""

from django.db import migrations

ON = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON {table} USING (role = current_user) WITH CHECK (role = current_user);
"""
OFF = """
DROP POLICY own_rows ON {table};
ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;
"""
TABLES = ("dispatch_ticket", "dispatch_timer")


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0001_initial")]

    operations = [
        migrations.RunSQL(ON.format(table=table), OFF.format(table=table)) for table in TABLES
    ]

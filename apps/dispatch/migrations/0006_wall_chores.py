"""Row-level security of chores, as of tickets and timers."""

from django.db import migrations

ON = """
ALTER TABLE dispatch_chore ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON dispatch_chore USING (role = current_user) WITH CHECK (role = current_user);
"""
OFF = """
DROP POLICY own_rows ON dispatch_chore;
ALTER TABLE dispatch_chore DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0005_add_chore")]

    operations = [migrations.RunSQL(ON, OFF)]

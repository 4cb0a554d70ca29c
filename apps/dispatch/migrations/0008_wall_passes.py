"""Row-level security of passes, as of tickets and timers."""

from django.db import migrations

ON = """
ALTER TABLE dispatch_pass ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON dispatch_pass USING (role = current_user) WITH CHECK (role = current_user);
"""
OFF = """
DROP POLICY own_rows ON dispatch_pass;
ALTER TABLE dispatch_pass DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0007_add_passes")]

    operations = [migrations.RunSQL(ON, OFF)]

"""Row-level security of appointments, as of tickets and timers."""

from django.db import migrations

ON = """
ALTER TABLE dispatch_appointment ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON dispatch_appointment
    USING (role = current_user) WITH CHECK (role = current_user);
"""
OFF = """
DROP POLICY own_rows ON dispatch_appointment;
ALTER TABLE dispatch_appointment DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0005_add_appointment")]

    operations = [migrations.RunSQL(ON, OFF)]

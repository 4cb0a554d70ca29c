"""A workspace reads its own load; all read the pulse, which is nobody's. Both are the owner's to write."""

from django.db import migrations

ON = """
ALTER TABLE dispatch_tenantload ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_rows ON dispatch_tenantload USING (role = current_user) WITH CHECK (role = current_user);
ALTER TABLE dispatch_pulse ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_read ON dispatch_pulse FOR SELECT USING (true);
"""
OFF = """
DROP POLICY own_rows ON dispatch_tenantload;
ALTER TABLE dispatch_tenantload DISABLE ROW LEVEL SECURITY;
DROP POLICY all_read ON dispatch_pulse;
ALTER TABLE dispatch_pulse DISABLE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("dispatch", "0003_add_loads_and_workers")]

    operations = [migrations.RunSQL(ON, OFF)]

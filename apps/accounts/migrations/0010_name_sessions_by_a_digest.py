"""Sessions go by a digest of their key. Those that were open end: their content cannot be sealed
without the key, and a key that was stored in the clear is not to be trusted with more.
Where people were signed in stays known, so that their browsers are no new ones.
"""

from django.db import migrations

END_ALL = "DELETE FROM django_session"
NAME = """
UPDATE accounts_signin SET session_name =
    left(encode(sha256(convert_to('auterity session:' || session_name, 'UTF8')), 'hex'), 40)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("sessions", "0001_initial"),
        ("accounts", "0009_add_support_guests"),
    ]

    operations = [
        migrations.RenameField("signin", "session_key", "session_name"),
        migrations.RunSQL(END_ALL, migrations.RunSQL.noop),
        migrations.RunSQL(NAME, migrations.RunSQL.noop),
    ]

"""The role of keys that may ask models and do nothing else."""

from django.db import migrations


def add_role(apps, schema_editor):
    role_model = apps.get_model("accounts", "Role")
    role_model.objects.get_or_create(
        name="caller", defaults={"label": "Model caller", "builtin": True}
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_add_user_epoch")]
    operations = [migrations.RunPython(add_role, migrations.RunPython.noop)]

"""The five roles that every workspace has."""

from django.db import migrations

ROLES = {
    "owner": "Owner",
    "admin": "Admin",
    "builder": "Builder",
    "operator": "Operator",
    "viewer": "Viewer",
}


def add_roles(apps, schema_editor):
    role_model = apps.get_model("accounts", "Role")
    for name, label in ROLES.items():
        role_model.objects.get_or_create(name=name, defaults={"label": label, "builtin": True})


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_roles, migrations.RunPython.noop)]

"""Delivered prices stand in the list of the release; rows are what a workspace says itself."""

from django.db import migrations


def remove_delivered_prices(apps, schema_editor):
    apps.get_model("gateway", "ModelPrice").objects.exclude(source="").delete()


class Migration(migrations.Migration):
    dependencies = [("gateway", "0004_add_budgets_and_versions_of_prices")]
    operations = [migrations.RunPython(remove_delivered_prices, migrations.RunPython.noop)]

from django.db import migrations, models
from django.db.models import F


def take_as_looked_at(apps, schema_editor):
    """Until now everything was derived in the transaction of the change."""
    workflows = apps.get_model("workflows", "Workflow").objects
    workflows.update(derived_seq=F("draft_seq"), told_seq=F("draft_seq"))


class Migration(migrations.Migration):
    dependencies = [("workflows", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="workflow",
            name="derived_seq",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="workflow",
            name="told_seq",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.RunPython(take_as_looked_at, migrations.RunPython.noop, elidable=True),
    ]

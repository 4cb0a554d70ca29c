"""A provider may be called at least once at a time; none at all was never offered, and means no limit."""

from django.db import migrations, models


def lift(apps, editor):
    """Take away limits that would let nobody through."""
    apps.get_model("gateway", "Provider").objects.filter(max_calls=0).update(max_calls=None)


class Migration(migrations.Migration):
    dependencies = [("gateway", "0023_cover_costs_of_days")]

    operations = [
        migrations.RunPython(lift, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(max_calls__gte=1), name="gateway_provider_has_calls"
            ),
        ),
    ]

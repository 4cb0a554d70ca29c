"""Targets keep the order in which they were asked, and each route its present state as a version."""

from django.db import migrations
from django.db.models import F


def keep(apps, schema_editor):
    apps.get_model("gateway", "RouteTarget").objects.update(order=F("position"))
    versions = apps.get_model("gateway", "RouteVersion").objects
    for route in apps.get_model("gateway", "ModelRoute").objects.prefetch_related("targets__provider"):
        targets = [
            {
                "provider": each.provider.slug, "model": each.model, "params": each.params,
                "order": each.order,
            }
            for each in route.targets.all()
        ]
        settings = {"targets": targets, "policy": {}}
        versions.create(route=route, number=route.version, settings=settings)


class Migration(migrations.Migration):
    dependencies = [("gateway", "0008_add_routing")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]

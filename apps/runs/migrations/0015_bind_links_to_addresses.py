"""Links of mails are good for the address that they went to; those under way keep their own."""

from django.db import migrations, models

from apps.accounts.keys import hash_secret

ADDRESS = "decision-address"  # as `links` has it


def bind(apps, editor):
    """Bind each link that is still good to its person's address of today."""
    good = apps.get_model("runs", "DecisionLink").objects.filter(used_at=None)
    for link in good.select_related("user"):
        link.address_hash = hash_secret(link.user.email, purpose=ADDRESS)
        link.save(update_fields=["address_hash"])


class Migration(migrations.Migration):
    dependencies = [("runs", "0014_keep_no_payloads")]

    operations = [
        migrations.AddField(
            "decisionlink", "address_hash", models.CharField(max_length=64, db_default="")
        ),
        migrations.RunPython(bind, migrations.RunPython.noop),
    ]

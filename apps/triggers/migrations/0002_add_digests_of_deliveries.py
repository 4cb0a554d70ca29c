from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("triggers", "0001_initial")]

    operations = [
        migrations.AddField(
            "delivery", "digest", models.CharField(max_length=64, default="", db_default="")
        )
    ]

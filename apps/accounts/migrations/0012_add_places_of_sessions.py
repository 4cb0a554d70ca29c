from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0011_add_invitation_for_user"),
    ]

    operations = [
        migrations.AddField(
            model_name="signinrules",
            name="most_sessions",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="signinrules",
            name="networks",
            field=models.JSONField(default=list),
        ),
    ]

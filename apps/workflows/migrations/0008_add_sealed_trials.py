from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0007_add_workflow_slug'),
    ]

    operations = [
        migrations.AddField(
            model_name='dataset',
            name='sealed',
            field=models.TextField(blank=True, default='', editable=False),
        ),
        migrations.AddField(
            model_name='pin',
            name='sealed',
            field=models.TextField(blank=True, default='', editable=False),
        ),
    ]

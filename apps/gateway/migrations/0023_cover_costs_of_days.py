"""What days cost is read from the index alone.

Building these indexes holds up rows of the ledger, not calls: rows wait in its file.
"""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gateway', '0022_ask_ahead_of_schedules'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='llmcall',
            name='gateway_calls_newest',
        ),
        migrations.RemoveIndex(
            model_name='llmcall',
            name='gateway_calls_by_key',
        ),
        migrations.RemoveIndex(
            model_name='llmcall',
            name='gateway_calls_by_workflow',
        ),
        migrations.RemoveIndex(
            model_name='llmcall',
            name='gateway_calls_by_member',
        ),
        migrations.AddIndex(
            model_name='llmcall',
            index=models.Index(fields=['-created_at', '-id'], include=('cost_usd',), name='gateway_calls_newest'),
        ),
        migrations.AddIndex(
            model_name='llmcall',
            index=models.Index(condition=models.Q(('key_id', None), _negated=True), fields=['key_id', '-created_at'], include=('cost_usd',), name='gateway_calls_by_key'),
        ),
        migrations.AddIndex(
            model_name='llmcall',
            index=models.Index(condition=models.Q(('workflow_id', None), _negated=True), fields=['workflow_id', '-created_at'], include=('cost_usd',), name='gateway_calls_by_workflow'),
        ),
        migrations.AddIndex(
            model_name='llmcall',
            index=models.Index(condition=models.Q(('user_id', None), _negated=True), fields=['user_id', '-created_at'], include=('cost_usd',), name='gateway_calls_by_member'),
        ),
    ]

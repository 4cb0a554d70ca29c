"""The Celery application: a doorbell, JSON only. Postgres rows are the truth."""

import os

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.dev")

app = Celery("auterity")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks()

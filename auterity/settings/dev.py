"""A developer's machine and `make run`: secrets are made at first use, mail goes to the console."""

from auterity.env import generated_secret
from auterity.settings.base import *

DEBUG = False
SECRET_KEY = SECRET_KEY or generated_secret(DATA_DIR, "secret_key")
MASTER_KEY = MASTER_KEY or generated_secret(DATA_DIR, "master_key")
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
# Checkpoints of audit chains are for a log that is kept elsewhere; here each change would tell one.
LOGGING["loggers"]["apps.audit.chain"] = {"level": "WARNING"}

"""A developer's machine and `make run`: secrets are made at first use, mail goes to the console."""

from auterity.env import env_secret, generated_secret
from auterity.settings.base import *

DEBUG = False
SECRET_KEY = env_secret(
    "AUTERITY_SECRET_KEY", help="Signs sessions and tokens."
) or generated_secret(DATA_DIR, "secret_key")
MASTER_KEY = env_secret(
    "AUTERITY_MASTER_KEY", help="Wraps the data keys that encrypt the tenants' secrets."
) or generated_secret(DATA_DIR, "master_key")
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"

"""Tests: the same services as production, cheap password hashes, mail kept in memory."""

from auterity.settings.base import *

SECRET_KEY = "only-for-tests"
MASTER_KEY = "only-for-tests"
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
DNS_SERVER = "127.0.0.1:9"  # nobody: the machine's own would be the outside
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    *PASSWORD_HASHERS,
]
DJANGO_VITE = {"default": {**DJANGO_VITE["default"], "dev_mode": True}}

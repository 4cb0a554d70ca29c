"""Tests: the same services as production, cheap password hashes, mail kept in memory."""

import os
from pathlib import Path
from urllib.parse import urlsplit

# Each process of a test run has a database of Redis to itself, as it has one of PostgreSQL, and a
# folder: what its children leave when they are killed is nobody else's.
if "REDIS_URL" in os.environ and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    server = urlsplit(os.environ["REDIS_URL"])
    number = 1 + int(worker.removeprefix("gw")) % 15
    os.environ["REDIS_URL"] = f"{server.scheme}://{server.netloc}/{number}"
    if "AUTERITY_DATA" in os.environ and "TESTS_OF" not in os.environ:
        os.environ["TESTS_OF"] = worker  # children keep the folder that they are given
        folder = Path(os.environ["AUTERITY_DATA"], worker)
        folder.mkdir(exist_ok=True)
        os.environ["AUTERITY_DATA"] = str(folder)

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

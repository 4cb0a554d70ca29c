"""Production: https only, every secret from the environment, no demo conveniences."""

from django.core.exceptions import ImproperlyConfigured

from apps.common.cookies import cookie_name
from auterity.settings.base import *
from auterity.transport import refuse_clear_text

DEBUG = False
PRODUCTION = True
if not SECRET_KEY or not MASTER_KEY:
    raise ImproperlyConfigured(
        "Set AUTERITY_SECRET_KEY and AUTERITY_MASTER_KEY, or the same names ended by _FILE; "
        "`openssl rand -base64 48` makes good values. Keep the master key: without it the "
        "secrets in the database cannot be read."
    )

refuse_clear_text(
    {"DATABASE_URL": DATABASE_URL, "REDIS_URL": REDIS_URL, "BROKER_URL": BROKER_URL}, PRIVATE_HOSTS
)

SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = cookie_name("session", secure=True)
CSRF_COOKIE_NAME = cookie_name("csrf", secure=True)
ALLOWED_HOSTS = [f".{BASE_DOMAIN}"]

"""Production: https only, every secret from the environment, no demo conveniences."""

from apps.common.cookies import cookie_name
from auterity.env import env_int, env_secret, env_str
from auterity.settings.base import *

DEBUG = False
PRODUCTION = True
SECRET_KEY = env_secret("AUTERITY_SECRET_KEY", help="Signs sessions and tokens.")
MASTER_KEY = env_secret(
    "AUTERITY_MASTER_KEY", help="Wraps the data keys that encrypt the tenants' secrets."
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
CSRF_TRUSTED_ORIGINS = [f"https://*.{BASE_DOMAIN}"]
ALLOWED_HOSTS = [f".{BASE_DOMAIN}"]

EMAIL_HOST = env_str("EMAIL_HOST", "localhost", help="SMTP server.")
EMAIL_PORT = env_int("EMAIL_PORT", 587, minimum=1, help="Port of the SMTP server.")
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER", help="User at the SMTP server.")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD", help="Password at the SMTP server.")
EMAIL_USE_TLS = True
DEFAULT_FROM_EMAIL = env_str(
    "AUTERITY_MAIL_FROM",
    f"Auterity <no-reply@{BASE_DOMAIN}>",
    help="Sender of the product's mails.",
)

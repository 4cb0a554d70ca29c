"""The SMTP server that mail goes through; on a developer's machine it goes to the console."""

from auterity.env import env_int, env_secret, env_str

EMAIL_HOST = env_str("EMAIL_HOST", "localhost", help="SMTP server.")
EMAIL_PORT = env_int("EMAIL_PORT", 587, minimum=1, help="Port of the SMTP server, with STARTTLS.")
EMAIL_HOST_USER = env_str("EMAIL_HOST_USER", help="User at the SMTP server.")
EMAIL_HOST_PASSWORD = env_secret("EMAIL_HOST_PASSWORD", help="Password at the SMTP server.")
EMAIL_USE_TLS = True
EMAIL_BACKEND = "apps.egress.mail.GuardedEmailBackend"
EMAIL_TIMEOUT = 30

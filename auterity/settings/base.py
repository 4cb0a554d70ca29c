"""What every environment shares. Values of the environment come in through `auterity.env`."""

from typing import Any

from csp.constants import NONCE

from apps.common.cookies import cookie_name
from auterity.env import env_int, env_lent, env_list, env_secret, env_socket_url, env_str, env_url
from auterity.settings.files import *
from auterity.settings.mail import *
from auterity.settings.queue import *
from auterity.settings.services import *
from auterity.settings.sign_in import *

PORT = env_int("PORT", 8000, minimum=1, help="Port that the web server listens on.")
BIND = env_str("AUTERITY_BIND", "127.0.0.1", help="Address that the web server listens on.")
PRODUCTION = False
SECRET_KEY = env_secret(
    "AUTERITY_SECRET_KEY", help="Signs tokens and seals sessions; another one ends all sessions."
)
MASTER_KEY = env_secret(
    "AUTERITY_MASTER_KEY",
    help="Wraps the data keys that encrypt the tenants' secrets. While it is changed: the new one, a comma, the one before.",
)

# Where people reach us. Tenants live at <slug>.<base domain>.
BASE_DOMAIN = env_str(
    "AUTERITY_BASE_DOMAIN", "localhost", help="Domain whose subdomains are the workspaces."
)
DEMO_TENANT = "demo"
DEFAULT_FROM_EMAIL = (
    env_str("AUTERITY_MAIL_FROM", help="Sender of mails; no-reply at the base domain if not set.")
    or f"Auterity <no-reply@{BASE_DOMAIN}>"
)
ALLOWED_HOSTS = ["*"]  # TenantMiddleware answers only for hosts that it knows
TRUSTED_PROXIES = env_int(
    "AUTERITY_TRUSTED_PROXIES", 0, help="How many proxies in front set X-Forwarded-For."
)

# Only these scheme://host:port entries may be reached inside the denied address ranges.
EGRESS_ALLOW = env_list(
    "AUTERITY_EGRESS_ALLOW",
    help="Internal scheme://host:port entries that outbound requests may reach.",
)
CREDENTIAL_ENV = env_lent(
    "AUTERITY_CREDENTIAL_ENV",
    help="Secrets of the environment that credentials may name, each for one workspace and one host: STOCK_TOKEN=acme@api.example.com; the secret is in STOCK_TOKEN or in the file that STOCK_TOKEN_FILE names.",
)
# The one internal page that `manage.py up` serves and lets the samples read.
SAMPLE_SITE = env_url(
    "AUTERITY_SAMPLE_SITE",
    "",
    help="Address of the sample web pages; `make run` sets it and allows it for outbound requests.",
    folder=DATA_DIR,
)
EGRESS_ALLOW += [SAMPLE_SITE] if SAMPLE_SITE else []
# Providers of the platform, made at the first start and lent to the demo workspace alone.
OPENAI_API_KEY = env_secret("OPENAI_API_KEY", help="Connects OpenAI for the platform.")
ANTHROPIC_API_KEY = env_secret("ANTHROPIC_API_KEY", help="Connects Anthropic for the platform.")
AZURE_API_KEY = env_secret("AZURE_API_KEY", help="Connects Azure OpenAI, with AZURE_ENDPOINT.")
AZURE_ENDPOINT = env_str(
    "AZURE_ENDPOINT", help="Azure OpenAI's address, such as https://<resource>.openai.azure.com."
)
LITELLM_PROXY_URL = env_str(
    "LITELLM_PROXY_URL", help="A LiteLLM proxy to connect for the platform."
)
LITELLM_PROXY_KEY = env_secret("LITELLM_PROXY_KEY", help="The key of the LiteLLM proxy.")
DNS_SERVER = env_str(
    "AUTERITY_DNS_SERVER",
    help="host:port of the name server that is asked for the records that prove domains; the machine's own if not set.",
)

YJS_WEBSOCKET_URL = env_socket_url(
    "YJS_WEBSOCKET_URL",
    help="Address of the sockets for editing together, such as wss://live.example.com, if they are on another host than the pages.",
)

METRICS_TOKEN = env_secret(
    "AUTERITY_METRICS_TOKEN",
    help="Bearer token that `/metrics` asks for; without it only direct callers of the private network are answered.",
)
METRICS_PORT = env_int(
    "AUTERITY_METRICS_PORT",
    0,
    help="Port on which a worker answers `/metrics`; 0: it does not.",
)

SHARED_APPS = [
    "apps.tenants",
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "apps.accounts.admin_config.StaffAdminConfig",
    "apps.common",
    "apps.vault",
    "apps.audit",
    "apps.accounts",
    "apps.dispatch",
    "apps.grants",
    "apps.onboarding",
    "apps.operators",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
TENANT_APPS = [
    "django.contrib.auth",
    "django.contrib.sessions",
    "apps.vault",
    "apps.files",
    "apps.audit",
    "apps.accounts",
    "apps.classification",
    "apps.notifications",
    "apps.credentials",
    "apps.gateway",
    "apps.workflows",
    "apps.runs",
    "apps.retention",
    "apps.oversight",
    "apps.campaigns",
    "apps.evidence",
    "apps.comments",
    "apps.reviews",
    "apps.triggers",
    "apps.identity",
    "apps.directory",
    "apps.portability",
    "allauth.account",
    "allauth.mfa",
]
# Installed, but without tables of their own.
PLAIN_APPS = [
    "apps.sandbox",
    "apps.egress",
    "apps.breakers",
    "apps.collaboration",
    "apps.nodes",
    "apps.local",
    "apps.access",
    "apps.dashboard",
    "channels",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "django_vite",
    "csp",
    "servestatic",
]
INSTALLED_APPS = [
    *SHARED_APPS,
    *(app for app in TENANT_APPS if app not in SHARED_APPS),
    *PLAIN_APPS,
]

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
PUBLIC_SCHEMA_URLCONF = "auterity.urls_public"
ROOT_URLCONF = "auterity.urls"
ASGI_APPLICATION = "auterity.asgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Every middleware here is async-capable: a waiting async view then holds no thread.
MIDDLEWARE = [
    "apps.common.metrics.MetricsMiddleware",
    "apps.common.middleware.RequestInfoMiddleware",
    "csp.middleware.CSPMiddleware",  # outside: pages about a missing workspace have it too
    "apps.tenants.middleware.TenantMiddleware",
    "apps.common.middleware.TransportMiddleware",
    "apps.accounts.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "apps.accounts.middleware.PreferencesMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.common.middleware.ErrorMiddleware",
    "apps.accounts.middleware.RefusalMiddleware",
]
# Its own form of the middleware that the check looks for by name stands in the list.
SILENCED_SYSTEM_CHECKS = ["security.W001"]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "apps.dashboard.shell.shell",
            ],
            "builtins": ["apps.common.templatetags.look"],
        },
    }
]

STORAGES = {
    "default": {"BACKEND": "apps.tenants.storage.TenantFileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [("site", BASE_DIR / "static" / "site"), ("dist", BASE_DIR / "static" / "dist")]
DJANGO_VITE = {
    "default": {
        "manifest_path": BASE_DIR / "static" / "dist" / "manifest.json",
        "static_url_prefix": "dist",
    }
}

LANGUAGE_CODE = "en"
USE_TZ = True
TIME_ZONE = "UTC"
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 2**20

SESSION_COOKIE_NAME = cookie_name("session", secure=False)
CSRF_COOKIE_NAME = cookie_name("csrf", secure=False)
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "apps.accounts.forgery.refuse"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "apps.common.messages.MessageStorage"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
    "apps.accounts.hashers.ImportedBcryptHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ["name", "email"]},
    },
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "apps.accounts.words.ContextWords"},
    {"NAME": "apps.accounts.breached.BreachedPasswords"},
]
BREACHED_PASSWORDS_URL = env_str(
    "AUTERITY_BREACHED_PASSWORDS_URL",
    help="Where new passwords are looked up by the first five letters of their SHA-1, such as https://api.pwnedpasswords.com/range; empty: only the list of usual ones counts.",
)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'", NONCE],
        "style-src": ["'self'", NONCE],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'", *([YJS_WEBSOCKET_URL] if YJS_WEBSOCKET_URL else [])],
        "worker-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

API_CALLS_PER_MINUTE = env_int(
    "AUTERITY_API_CALLS_PER_MINUTE",
    1200,
    minimum=1,
    help="API calls a minute that one user or key may make.",
)
# A process has 200 connections for all workspaces together.
MODEL_CALLS_PER_TENANT = env_int(
    "AUTERITY_MODEL_CALLS_PER_TENANT",
    100,
    minimum=1,
    help="Calls of one workspace over `/v1` that may go on at the same time, for each process; more answer 429.",
)

# What becomes of a workspace that somebody wants deleted.
DELETION_GRACE_DAYS = env_int(
    "AUTERITY_DELETION_GRACE_DAYS",
    7,
    minimum=0,
    help="Days in which the deletion of a workspace can be taken back.",
)
SLUG_REST_DAYS = env_int(
    "AUTERITY_SLUG_REST_DAYS",
    180,
    minimum=0,
    help="Days in which nobody can have the address of a deleted workspace.",
)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["apps.common.permissions.DenyUndeclared"],
    "DEFAULT_PAGINATION_CLASS": "apps.common.pagination.CursorPagination",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.common.parsing.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.common.problems.exception_handler",
    "URL_FORMAT_OVERRIDE": None,  # the Accept header alone chooses
    "PAGE_SIZE": 25,
    "UNAUTHENTICATED_USER": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Auterity API",
    "DESCRIPTION": "Workflows, runs, approvals, members and the model gateway of one workspace.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "RunStatus": "apps.runs.models.Run.Status",
        "RunTrigger": "apps.runs.models.Run.Trigger",
        "JobStatus": "apps.oversight.models.Job.Status",
        "ArchiveStatus": "apps.portability.models.Export.Status",
        "ArchiveImportStatus": "apps.portability.models.Import.Status",
        "RetentionTrigger": "apps.retention.models.RetentionJob.Trigger",
        "NodeRunStatus": "apps.runs.models.NodeRun.Status",
        "ApprovalStatus": "apps.runs.models.Wait.Status",
        "ProviderStatus": "apps.gateway.models.Provider.Status",
        "TriggerKind": "apps.triggers.models.Trigger.Kind",
        "PointKind": "apps.workflows.filters.POINT_KINDS",
        "TriggerState": "apps.triggers.filters.STATES",
        "KeyState": "apps.gateway.virtual_keys.filters.STATES",
        "PromptRole": "apps.gateway.prompts.content.ROLES",
        "TargetRole": "apps.gateway.models.RouteTarget.Role",
        "GuardAction": "apps.gateway.api.guards.ACTIONS",
        "GuardSeverity": "apps.gateway.api.guards.SEVERITIES",
        "BudgetState": "apps.gateway.budgets.standing.STATES",
        "ServiceState": "apps.breakers.filters.STATES",
        "CredentialKindName": "apps.credentials.kinds.CHOICES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "apps.accounts.api.schema.describe_problems",
        "apps.accounts.api.schema.allow_any_value",
    ],
}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "apps.common.logs.LineFormatter"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        "psycopg.pool": {"level": "ERROR"},
        # While Redis is away its subscriber would log a traceback each second; we say it in a line.
        "channels_redis": {"level": "CRITICAL"},
        "uvicorn": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        "celery": {"level": "WARNING"},
        # RabbitMQ: warns at each start that it cannot delay messages, which none of ours asks for.
        "kombu.transport.native_delayed_delivery": {"level": "ERROR"},
        "celery.apps.worker": {"level": "INFO"},  # says when the worker is ready
    },
}

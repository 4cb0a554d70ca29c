"""What the product stands on: the data folder, PostgreSQL and Redis."""

from pathlib import Path
from typing import Any

from apps.tenants.backend import pool
from auterity.env import VARIABLES, database_from_url, env_int, env_list, env_str, env_url
from auterity.transport import verified

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = Path(
    env_str("AUTERITY_DATA", str(BASE_DIR / "var"), help="Folder of databases, files and keys.")
).resolve()

CA_FILE = env_str(
    "AUTERITY_CA_FILE",
    help="Certificates of the authorities that PostgreSQL, Redis and RabbitMQ are believed by; the machine's if not set.",
)
PRIVATE_HOSTS = env_list(
    "AUTERITY_PRIVATE_HOSTS",
    help="Hosts of PostgreSQL, Redis and RabbitMQ that lie in a private network, and may be spoken to in the clear.",
)
DATABASE_URL = env_url(
    "DATABASE_URL",
    "postgres://auterity@127.0.0.1:5432/auterity",
    help="PostgreSQL 16 or newer with pgvector; ?sslmode=verify-full encrypts. `make run` starts an embedded one when it is not set.",
    folder=DATA_DIR,
)
DATABASE = database_from_url(DATABASE_URL)
if CA_FILE and "sslmode" in DATABASE["OPTIONS"]:
    DATABASE["OPTIONS"].setdefault("sslrootcert", CA_FILE)

# The application connects as a role that is neither superuser nor owner of other databases;
# TimeZone is a start option, because RESET ALL on return to the pool would undo a later SET.
DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "apps.tenants.backend",
        **DATABASE,
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **DATABASE["OPTIONS"],
            "options": "-c TimeZone=UTC -c lock_timeout=15s -c idle_in_transaction_session_timeout=60s",
            "pool": {
                "min_size": 0,
                "max_size": env_int(
                    "AUTERITY_DB_POOL",
                    24,
                    minimum=2,
                    help="Most database connections of one process.",
                ),
                "timeout": 5,
                # A pool that found the server away tries again every second or two, however
                # long it was away: the default backs off up to minutes.
                "reconnect_timeout": 5,
                "max_idle": 60,
                "reset": pool.reset,
            },
        },
    }
}

REDIS_URL = verified(
    env_url(
        "REDIS_URL",
        "redis://127.0.0.1:6379/0",
        help="Redis: broker, channel layer and cache; rediss:// encrypts. `make run` starts an embedded one when it is not set.",
        folder=DATA_DIR,
    ),
    CA_FILE,
)
# What `manage.py up` does not start itself.
SERVICES_GIVEN = frozenset(
    name for name in ("DATABASE_URL", "REDIS_URL") if VARIABLES[name].source == "environment"
)
CACHES = {
    "default": {
        "BACKEND": "apps.common.cache.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_FUNCTION": "apps.tenants.keys.cache_key",
        "OPTIONS": {
            "serializer": "apps.common.cache.JSONSerializer",
            "socket_connect_timeout": 2,
            "socket_timeout": 2,
        },
    }
}
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        # redis-py must never time out an idle subscription
        "CONFIG": {"hosts": [{"address": REDIS_URL, "socket_timeout": None}], "prefix": "aut"},
    }
}

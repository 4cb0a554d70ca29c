"""The queue: Celery with Redis or RabbitMQ, and what one workspace may take of it."""

from typing import Any

from auterity.env import env_int, env_url
from auterity.settings.services import CA_FILE, DATA_DIR, REDIS_URL
from auterity.transport import broker_tls, verified

BROKER_URL = verified(
    env_url(
        "BROKER_URL",
        "",
        help="Message broker, redis:// or amqp:// (RabbitMQ), rediss:// or amqps:// where it is encrypted; REDIS_URL if not set.",
        folder=DATA_DIR,
    )
    or REDIS_URL,
    CA_FILE,
)

CELERY: dict[str, Any] = {
    "broker_url": BROKER_URL,
    "broker_use_ssl": broker_tls(BROKER_URL, CA_FILE),
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "task_ignore_result": True,
    "task_default_queue": "run",
    "worker_pool": "threads",
    "worker_consumer": "apps.dispatch.broker:PatientConsumer",
    "worker_concurrency": env_int(
        "AUTERITY_WORKER_THREADS", 16, minimum=1, help="Threads of one worker process."
    ),
    "worker_prefetch_multiplier": 1,
    # Asked to stop, carriers let their runs go; what is in flight outside has this long. An idle
    # worker goes at once: a message that it took and dropped is rung for again.
    "worker_soft_shutdown_timeout": 20,
    "worker_enable_soft_shutdown_on_idle": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,  # mail on the console stays readable
    "broker_connection_retry_on_startup": True,
    "broker_connection_timeout": 2,
    "worker_enable_remote_control": False,
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    "timezone": "UTC",
}
if BROKER_URL.startswith("amqp"):
    # Kept on several nodes; messages are acknowledged early, so that no delivery times out.
    CELERY |= {"task_default_queue_type": "quorum", "task_create_missing_queue_type": "quorum"}
else:
    # Ringing for a worker fails at once where nobody listens: the sweeper rings again anyway.
    CELERY["broker_transport_options"] = {"global_keyprefix": "aut:", "max_retries": 0}

RUNS_PER_TENANT = env_int(
    "AUTERITY_RUNS_PER_TENANT",
    50,
    minimum=1,
    help="Runs of one workspace that are carried on at the same time; waiting ones do not count.",
)
OUTSIDE_PER_TENANT = env_int(
    "AUTERITY_OUTSIDE_PER_TENANT",
    0,
    minimum=0,
    help="Steps of one workspace that may call other services at the same time; 0: no limit.",
)
RUN_BACKLOG = env_int(
    "AUTERITY_RUN_BACKLOG",
    10_000,
    minimum=1,
    help="Runs of one workspace that may queue; past it starting one answers 429.",
)

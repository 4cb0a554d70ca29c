"""What a monitor is told of runs and their steps, by the worker that carries them."""

from prometheus_client import Counter, Histogram

from apps.common.metrics import REGISTRY

RUNS = Counter("auterity_runs", "Runs that came to an end.", ["status"], registry=REGISTRY)
RUN_SECONDS = Histogram(
    "auterity_run_seconds",
    "Time from a run's start to its end, waiting included.",
    buckets=(0.1, 0.5, 1, 5, 15, 60, 300, 1800, 7200),
    registry=REGISTRY,
)
ATTEMPTS = Histogram(
    "auterity_step_attempt_seconds",
    "Time of one attempt at a step, by node type and how it ended.",
    ["type", "outcome"],
    buckets=(0.001, 0.01, 0.1, 0.5, 1, 5, 15, 60),
    registry=REGISTRY,
)

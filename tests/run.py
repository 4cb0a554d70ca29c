"""Everything that must hold, in order: `make test`, and exactly what CI runs.

Each step's output is shown as it comes; a plain summary ends the run.
"""

import argparse
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
PY = str(BIN / "python")
# One more than there are cores, because tests of faults and of time wait a lot; no more than the
# tests' PostgreSQL has connections for.
PROCESSES = str(min(os.cpu_count() or 1, 3) + 1)
CODE = ["apps", "auterity", "tests", "bench", "manage.py"]


@dataclass(frozen=True)
class Step:
    """One command; quick ones are also `make check`. `services` gives it PostgreSQL and Redis."""

    name: str
    command: list[str]
    quick: bool = False
    services: bool = False
    env: tuple[tuple[str, str], ...] = ()


PROD = (
    ("DJANGO_SETTINGS_MODULE", "auterity.settings.prod"),
    ("AUTERITY_SECRET_KEY", "a-long-random-value-for-the-deployment-check-0123456789"),
    ("AUTERITY_MASTER_KEY", "another-long-random-value"),
    ("AUTERITY_BASE_DOMAIN", "auterity.example"),
)


def steps(app: str | None) -> list[Step]:
    """Return the steps; with an app, only its tests."""
    if app:
        return [Step(f"tests of {app}", pytest(f"tests/{app}"), services=True)]
    return [
        Step("lint", [str(BIN / "ruff"), "check", "."], quick=True),
        Step("format", [str(BIN / "ruff"), "format", "--check", "."], quick=True),
        Step("floors", [str(BIN / "lint-imports"), "--no-logo"], quick=True),
        Step("types", [str(BIN / "mypy"), *CODE], quick=True),
        Step("templates", [str(BIN / "djlint"), "templates", "--lint", "--quiet"], quick=True),
        Step(
            "migrations",
            manage("makemigrations", "--check", "--dry-run"),
            quick=True,
            services=True,
        ),
        Step(
            "deployment",
            manage("check", "--deploy", "--fail-level", "WARNING"),
            quick=True,
            env=PROD,
        ),
        *front_end(),
        Step("image", [PY, "tests/image.py"]),
        Step("clients", [PY, "tests/conformance/clients/install.py"]),
        Step(
            "tests",
            pytest("tests", "--ignore=tests/e2e", "-n", PROCESSES, "--dist", "loadgroup"),
            services=True,
        ),
        *browser(),
    ]


def front_end() -> list[Step]:
    """Return the steps of the TypeScript app."""
    build = ROOT / "static/studio/build.py"
    if not build.exists():
        return []
    tasks = ("typecheck", "test", "budget")
    return [Step(f"studio {task}", [PY, str(build), task]) for task in tasks]


def browser() -> list[Step]:
    """Return the browser tests: a second process, because their driver keeps a loop running."""
    if not (ROOT / "tests/e2e").exists():
        return []
    return [Step("browser", pytest("tests/e2e", "-p", "no:randomly"))]


def pytest(*arguments: str) -> list[str]:
    return [PY, "-m", "pytest", "-q", "--create-db", *arguments]


def manage(*arguments: str) -> list[str]:
    return [PY, "manage.py", *arguments]


def need_chromium() -> str | None:
    """Install Chromium where that is possible; else return the one command to run."""
    if shutil.which("chromium"):
        return None
    install = ["apt-get", "install", "-qq", "-y", "chromium"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Setting up: Chromium", flush=True)
        if _quietly(install):
            _quietly(["apt-get", "update", "-qq"])
            _quietly(install)
    return None if shutil.which("chromium") else "sudo apt-get install chromium"


def _quietly(command: list[str]) -> int:
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode


def run(step: Step) -> tuple[bool, float]:
    """Run one step and tell whether it held, and how many seconds it took."""
    print(f"\n=== {step.name}", flush=True)
    start = time.monotonic()
    command = [*manage("with_services", "--"), *step.command] if step.services else step.command
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **dict(step.env)}, check=False)
    return done.returncode == 0, time.monotonic() - start


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--app")
    options = parser.parse_args()
    chosen = [step for step in steps(options.app) if step.quick or not options.quick]
    if any(step.name == "browser" for step in chosen) and (command := need_chromium()):
        print(f"The browser tests need Chromium. Run: {command}")
        return 1
    sys.path.insert(0, str(ROOT))
    from apps.local.temporary import temporary_folder

    # Tests start hundreds of processes: without files of bytecode each compiles all of our modules,
    # which takes a third of its start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with temporary_folder() as folder:
        os.environ["PREPARED_PRODUCTS"] = str(folder)  # tests/factories/prepared.py
        results = [(step.name, *run(step)) for step in chosen]
    print("\n=== summary")
    for name, held, seconds in results:
        print(f"{'ok    ' if held else 'FAILED'}  {name:<20} {seconds:6.1f} s")
    failed = [name for name, held, _ in results if not held]
    print(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

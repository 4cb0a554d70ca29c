"""Rehearse docker/Dockerfile without an engine: its steps as the same commands, in a clean place.

What the file copies is copied, what it installs is installed, and the result must import and pass
Django's deployment check with no other package on the machine.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
UV = Path(sys.executable).parent / "uv"
LOCKED = ["--require-hashes", "--only-binary", ":all:"]
ENV = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "DJANGO_SETTINGS_MODULE": "auterity.settings.prod",
    "AUTERITY_SECRET_KEY": "a-long-random-value-for-the-rehearsal-of-the-image-0123456789",
    "AUTERITY_MASTER_KEY": "another-long-random-value",
    "AUTERITY_BASE_DOMAIN": "auterity.example",
}
# Loaded only where a call needs it: each would cost every process seconds and megabytes.
LAZY = ("litellm", "langgraph", "numpy", "mcp")
LOADS = f"""
import sys, auterity.asgi, auterity.celery
from django.apps import apps
assert apps.ready
print("loaded too early:", early) if (early := sorted(set({LAZY}) & set(sys.modules))) else None
sys.exit(bool(early))
"""


def main() -> int:
    """Return 0 when the image would work."""
    with tempfile.TemporaryDirectory(prefix="auterity-image-") as name:
        app, venv = Path(name) / "app", Path(name) / "venv"
        copy_what_the_image_has(app)
        python = venv / "bin" / "python"
        data = {"AUTERITY_DATA": str(Path(name) / "data")}
        install = [UV, "pip", "install", "--quiet", "--python", python, *LOCKED]
        # Where packages come from is the machine's business; the product sees only its own variables.
        steps = [
            ([UV, "venv", "--quiet", "--python", sys.executable, venv], os.environ),
            ([*install, "-r", ROOT / "requirements/base.txt"], os.environ),
            ([python, "-m", "compileall", "-q", "apps", "auterity"], ENV),
            ([python, "-c", LOADS], ENV | data),
            ([python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], ENV | data),
            ([python, "manage.py", "config"], ENV | data),
        ]
        for command, env in steps:
            words = [str(part) for part in command]
            done = subprocess.run(words, cwd=app, env=env, check=False, stdout=subprocess.PIPE)
            if done.returncode:
                print(f"{done.stdout.decode()}This step of the image failed: {' '.join(words)}")
                return 1
    return 0


def copy_what_the_image_has(app: Path) -> None:
    """Copy what the last stage of the Dockerfile copies, and the front end that was built here."""
    last = DOCKERFILE.split("\nFROM ")[-1]
    copied = [line.split() for line in re.findall(r"^COPY (?!--from)(.*)$", last, re.MULTILINE)]
    for *sources, target in [*copied, ["static/dist", "static/dist"]]:
        for source in sources:
            place = app / (Path(target) / source if target == "./" else Path(target))
            place.parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / source, place)


if __name__ == "__main__":
    sys.exit(main())

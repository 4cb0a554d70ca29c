"""Is this container well? Answered without Django, since it is asked every few seconds.

`web`: its own readiness page. `worker`: whether it has beaten within the last seconds, which it does
each second while the database answers.
"""

import http.client
import os
import socket
import sys
import time
from pathlib import Path

TIMEOUT_S = 4
SILENT_S = 15


def web() -> bool:
    """Ask for readiness as the public site: the server answers no unknown host."""
    port = int(os.environ.get("PORT", "8000"))
    host = f"www.{os.environ['AUTERITY_BASE_DOMAIN']}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    connection.request("GET", "/healthz/ready", headers={"Host": host})
    return connection.getresponse().status == http.client.OK


def worker() -> bool:
    """Look for the sign of life that a worker of this host renews while the database answers."""
    signs = Path(os.environ["AUTERITY_DATA"]).glob(f"workers/{socket.gethostname()}-*")
    return any(time.time() - sign.stat().st_mtime < SILENT_S for sign in signs)


def main() -> int:
    """Return 0 when all is well."""
    try:
        return 0 if {"web": web, "worker": worker}[sys.argv[1]]() else 1
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

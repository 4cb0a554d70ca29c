"""Is this container well? Answered without Django, since it is asked every few seconds.

`web`: its own readiness page. `worker`: whether PostgreSQL and Redis can be reached from here;
that the process runs is what the container's own life says.
"""

import http.client
import os
import socket
import sys
from urllib.parse import urlsplit

TIMEOUT_S = 4


def web() -> bool:
    """Ask for readiness as the public site: the server answers no unknown host."""
    port = int(os.environ.get("PORT", "8000"))
    host = f"www.{os.environ['AUTERITY_BASE_DOMAIN']}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_S)
    connection.request("GET", "/healthz/ready", headers={"Host": host})
    return connection.getresponse().status == http.client.OK


def worker() -> bool:
    """Open a connection to each service."""
    for name, port in (("DATABASE_URL", 5432), ("REDIS_URL", 6379)):
        address = urlsplit(os.environ[name])
        socket.create_connection((address.hostname or "", address.port or port), TIMEOUT_S).close()
    return True


def main() -> int:
    """Return 0 when all is well."""
    try:
        return 0 if {"web": web, "worker": worker}[sys.argv[1]]() else 1
    except (OSError, http.client.HTTPException) as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())

"""`python -m tests.gateway.server <port>`: a web process of its own, on a test's database.

The folder of its ledger is SERVER_FOLDER; DATABASE_PORT is another door to the database.
"""

import os
import sys
from pathlib import Path

import uvicorn
from django.conf import settings


def main(port: int) -> None:
    """Point the settings at the test's database and serve until the process is ended."""
    settings.DATABASES["default"]["NAME"] = os.environ["FAULT_DATABASE"]
    if door := os.environ.get("DATABASE_PORT"):
        settings.DATABASES["default"]["PORT"] = int(door)
    settings.DATA_DIR = Path(os.environ["SERVER_FOLDER"])
    settings.EGRESS_ALLOW = os.environ["FAULT_EGRESS"].split(",")
    from auterity.asgi import application

    uvicorn.run(application, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))

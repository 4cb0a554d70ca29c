"""A company that connects: its identity provider, which nobody here wrote, and its name server."""

import json
import subprocess
from pathlib import Path

from apps.common.types import JSONDict
from apps.local.processes import free_port
from tests.collaboration.node import NODE, installed
from tests.factories.asserter import Pair
from tests.factories.names import NameServer
from tests.factories.product import ROOT

PROVIDER = ROOT / "tests" / "e2e" / "provider"
ASSERTER = ROOT / "tests" / "e2e" / "asserter"
CLIENT_ID, CLIENT_SECRET = "auterity", "a secret: with/signs that need care"
CLAIMS = {
    "email": "priya@halden.example", "email_verified": True, "name": "Priya Raman",
    "groups": ["auterity-builders"],
}  # fmt: skip


class Company:
    """The company's side: its provider and its name server."""

    def __init__(self) -> None:
        self.port = free_port()
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.names = NameServer()
        self._process: subprocess.Popen[str] | None = None

    def start_provider(self, redirect_uri: str) -> None:
        """Start the provider with us as its client, as an administrator registers us there."""
        given = {
            "port": self.port, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "redirect_uri": redirect_uri, "claims": CLAIMS,
        }  # fmt: skip
        self._start(PROVIDER, given)

    def start_asserter(self, acs: str, our_certificate: str) -> None:
        """Start the provider by SAML, which checks our requests by our certificate."""
        pair = Pair()
        person = {"id": "00u1priya", "attributes": CLAIMS | {"email_verified": "true"}}
        given = {
            "port": self.port, "acs": acs, "our_certificate": our_certificate, "person": person,
            "key": pair.private.decode(), "cert": pair.pem,
        }  # fmt: skip
        self._start(ASSERTER, given)

    def _start(self, folder: Path, given: JSONDict) -> None:
        command = [str(NODE), str(installed(folder) / "server.mjs"), json.dumps(given)]
        self._process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline().strip() == "ready"

    def close(self) -> None:
        self.names.close()
        if self._process is not None:
            self._process.terminate()
            self._process.communicate(timeout=20)

"""`python -m apps.local.sample_site http://127.0.0.1:<port>`: a static listener, nothing more."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

PAGES = Path(__file__).parent / "pages"


class Quiet(SimpleHTTPRequestHandler):
    """Serves the pages without a line for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        pass


def main() -> None:
    address = urlsplit(sys.argv[1])
    assert address.port is not None
    server = ThreadingHTTPServer(("127.0.0.1", address.port), partial(Quiet, directory=str(PAGES)))
    server.serve_forever()


main()

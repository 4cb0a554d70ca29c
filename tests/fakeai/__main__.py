"""`python -m tests.fakeai [port]`: the fake alone, which prints where it is."""

import asyncio
import sys

from aiohttp import web

from tests.fakeai.server import FakeProvider


async def main(port: int) -> None:
    """Serve until the process is ended."""
    runner = web.AppRunner(FakeProvider().app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(f"http://127.0.0.1:{runner.addresses[0][1]}/v1", flush=True)  # noqa: T201
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))

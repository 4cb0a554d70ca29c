"""HashiCorp Vault for tests: its HTTP API of KV version 2 and of AppRole, with the shapes of its answers."""

from typing import Any

from aiohttp import web

from tests.factories.targets import Target

TOKEN, ROLE, SECRET_ID = "hvs.token-that-reads", "role-of-the-shop", "secret-id-of-the-role"


def refused(status: int, *errors: str) -> web.Response:
    return web.json_response({"errors": list(errors)}, status=status)


class VaultServer(Target):
    """Holds `kept` by mount and path; a deleted secret has no data, as Vault answers it."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: dict[str, dict[str, Any] | None] = {
            "secret/shop/stock": {"value": "kept-in-vault-1"}
        }
        self.asked: list[tuple[str, str]] = []
        self.namespaces: set[str] = set()
        self.answer: web.Response | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self.handle)
        self.runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        self.origin = f"http://127.0.0.1:{self.runner.addresses[0][1]}"

    async def handle(self, request: web.Request) -> web.Response:
        self.asked.append((request.method, request.path))
        self.namespaces.add(request.headers.get("X-Vault-Namespace", ""))
        if self.answer is not None:
            return self.answer
        if request.path == "/v1/auth/approle/login":
            told = await request.json()
            if told != {"role_id": ROLE, "secret_id": SECRET_ID}:
                return refused(400, "invalid role or secret ID")
            return web.json_response({"auth": {"client_token": TOKEN, "lease_duration": 3600}})
        if request.headers.get("X-Vault-Token") != TOKEN:
            return refused(403, "permission denied")
        place = request.path.removeprefix("/v1/").replace("/data/", "/", 1)
        if place not in self.kept:
            return refused(404)
        data = self.kept[place]
        told = {"data": {"data": data, "metadata": {"version": 3}}}
        return web.json_response(told, status=404 if data is None else 200)

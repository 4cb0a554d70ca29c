"""The outbound client against a real server."""

import socket
from typing import Any

import pytest
from pytest_django import Settings

from apps.egress import client
from apps.egress.addresses import is_allowed
from apps.egress.exceptions import (
    EgressDenied,
    EgressError,
    EgressInvalid,
    EgressTimeout,
    EgressTooLarge,
    EgressUnreachable,
)

DENIED = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
    "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.7",
    "203.0.113.9", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "192.88.99.1", "::", "::1",
    "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::",
    "2001::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "3fff::1", "5f00::1", "x", "",
    "100::1", "1::1", "4000::1",
]  # fmt: skip
FORMS = [
    "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0x7f.1/", "http://0x7f000001/", "http://2130706433/",
    "http://0177.0.0.1/", "http://017700000001/", "http://0/", "http://[::1]/", "http://[::]/", "http://[::ffff:127.0.0.1]/",
    "http://[0:0:0:0:0:ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[2002:7f00:1::]/", "http://localhost/",
    "http://LOCALHOST/", "http://localhost./", "http://127.0.0.1./", "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/",
    "http://[fe80::1%25lo]/", "http://user@127.0.0.1/", "http://a:b@127.0.0.1/", "http://127.0.0.1#@example.com/",
    "http://127.0.0.1\\@example.com/", "http://example.com\\@127.0.0.1/", "http://127.0.0.1:80\t/", "http://127.0.0.1/\r\nHost: x",
    "http:///etc/passwd", "file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "dict://127.0.0.1:11211/",
    "javascript:alert(1)", "data:text/plain,x", "//127.0.0.1/", "127.0.0.1", "", " ", "http://", "http://:80/",
    "http://127.0.0.1:99999/", "http://127.0.0.1:-1/", "http://[::1", "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/", "http://metadata.google.internal.invalid/", "http://10.0.0.1:22/", "http://192.168.0.1/",
    "http://0.0.0.0:8000/", "http://100.100.100.200/", "http://[::ffff:a9fe:a9fe]/", "https://127.0.0.1/", "HTTP://127.0.0.1/",
    "http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "http://127.0.0.1%00.example.com/", "http://" + "a" * 9000 + "/",
]  # fmt: skip


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Record every address that a socket connects to while the test runs."""
    seen: list[Any] = []
    original = socket.socket.connect

    def connect(self: socket.socket, address: Any) -> None:
        seen.append(address)
        original(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)
    return seen


@pytest.mark.parametrize("address", DENIED)
def test_denied_addresses(address: str) -> None:
    assert not is_allowed(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "93.184.216.34",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_public_addresses(address: str) -> None:
    assert is_allowed(address) == (address != "64:ff9b::808:808")


@pytest.mark.parametrize("via", ["request", "stream", "redirect"])
@pytest.mark.parametrize("url", FORMS)
async def test_no_form_reaches_a_denied_address(
    server: str, url: str, via: str, recorder: list[Any], settings: Settings
) -> None:
    port = int(server.rsplit(":", 1)[1])
    with pytest.raises(EgressError) as caught:
        if via == "redirect":
            await client.request("GET", f"{server}/redirect", params={"to": url}, timeout_s=5)
            raise EgressInvalid(
                "the redirect stayed on the server itself"
            )  # "" and " " lead back to it
        if via == "stream":
            async with client.stream("GET", url, timeout_s=5) as answer:
                assert answer.status
        else:
            await client.request("GET", url, timeout_s=5)
    assert not isinstance(caught.value, EgressTimeout)
    assert all(address[1] == port for address in recorder if isinstance(address, tuple))


async def test_answer_is_whole(server: str) -> None:
    answer = await client.request(
        "POST", f"{server}/echo", json={"a": 1}, headers={"X-One": "1"}, params={"q": "ü"}
    )
    echoed = __import__("json").loads(answer.body)
    assert answer.status == 200
    assert (echoed["method"], echoed["query"], echoed["body"]) == ("POST", {"q": "ü"}, '{"a": 1}')
    assert echoed["headers"]["X-One"] == "1"
    assert answer.headers["content-type"].startswith("application/json")


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_compressed_answers(server: str, coding: str) -> None:
    assert (await client.request("GET", f"{server}/packed?as={coding}")).text == "hello"


async def test_a_bomb_is_found_before_it_is_in_memory(server: str) -> None:
    with pytest.raises(EgressTooLarge):
        await client.request("GET", f"{server}/bomb", max_bytes=1 << 30)


async def test_limits_of_size_and_time(server: str) -> None:
    with pytest.raises(EgressTooLarge, match="larger"):
        await client.request("GET", f"{server}/big", max_bytes=1 << 20)
    with pytest.raises(EgressTimeout, match=r"0\.3 s"):
        await client.request("GET", f"{server}/slow", timeout_s=0.3)


async def test_broken_answers_say_so(server: str) -> None:
    with pytest.raises(EgressUnreachable, match="broke the connection"):
        await client.request("GET", f"{server}/cut")
    with pytest.raises(EgressUnreachable, match="decompressed"):
        await client.request("GET", f"{server}/packed?as=garbage")
    with pytest.raises(EgressUnreachable, match="more than 5"):
        await client.request("GET", f"{server}/loop")


@pytest.mark.parametrize("headers", [{"X": "a\r\nHost: evil"}, {"X\r\nY": "1"}, {"X": "\0"}])
async def test_header_injection_is_refused(server: str, headers: dict[str, str]) -> None:
    with pytest.raises(EgressError):
        await client.request("GET", f"{server}/echo", headers=headers)


async def test_redirect_into_an_allowed_entry_is_refused(server: str, settings: Settings) -> None:
    other = server.replace("127.0.0.1", "localhost")
    settings.EGRESS_ALLOW = [server, other]
    with pytest.raises(EgressDenied, match="redirect"):
        await client.request("GET", f"{other}/redirect", params={"to": f"{server}/echo"})
    assert (await client.request("GET", f"{server}/redirect?to=/echo")).status == 200
    answer = await client.request("GET", f"{server}/redirect?to=/echo", follow_redirects=False)
    assert answer.status == 302


async def test_the_exception_is_exact(server: str, settings: Settings) -> None:
    port = int(server.rsplit(":", 1)[1])
    for url in (
        f"http://localhost:{port}/echo",
        f"https://127.0.0.1:{port}/echo",
        f"http://127.0.0.1:{port + 1}/echo",
    ):
        with pytest.raises(EgressDenied):
            await client.request("GET", url)
    settings.EGRESS_ALLOW = []
    await client.close()
    with pytest.raises(EgressDenied):
        await client.request("GET", f"{server}/echo")


async def test_a_name_that_turns_is_denied(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: the resolver says a public address first and a private one among the next."""
    answers = iter([[("93.184.216.34", 80), ("127.0.0.1", 80)], [("10.0.0.1", 80)]] * 50)

    def getaddrinfo(host: str, port: int, *args: Any, **options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip, _ in next(answers)]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    for _ in range(20):
        with pytest.raises(EgressDenied):
            await client.request("GET", "http://rebind.example/")
    await client.close()

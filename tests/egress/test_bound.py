"""What goes along to its hosts alone: from the first hop to the last, and never back to who asked."""

import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_django import Settings
from yarl import URL

from apps.egress import client
from apps.egress.bound import MASK, Bound, Place, parse_places
from apps.egress.exceptions import EgressDenied, EgressInvalid

SECRET = "s3cret-value-of-a-key"


def bound(*hosts: str, **rest: Any) -> Bound:
    given: dict[str, Any] = {"headers": {"X-Api-Key": SECRET}, "secrets": (SECRET,), **rest}
    return Bound("Stock", parse_places(hosts), **given)


def host_of(address: str) -> str:
    return urlsplit(address).netloc


@pytest.mark.parametrize(
    ("text", "address", "covers"),
    [
        ("api.example.com", "https://api.example.com/v1", True),
        ("API.Example.com", "https://api.example.com/v1", True),
        ("api.example.com", "https://api.example.com:8443/", False),
        ("api.example.com:8443", "https://api.example.com:8443/", True),
        ("api.example.com", "https://api.example.com.evil.example/", False),
        ("api.example.com", "https://evil-api.example.com/", False),
        ("*.example.com", "https://a.b.example.com/", True),
        ("*.example.com", "https://example.com/", False),
        ("*.example.com", "https://evilexample.com/", False),
        ("bücher.example", "https://xn--bcher-kva.example/", True),
        ("[2001:db8::1]:8443", "https://[2001:db8::1]:8443/", True),
    ],
)
def test_a_place_covers_exactly_what_it_says(text: str, address: str, covers: bool) -> None:
    place = Place.parse(text)
    assert place.covers(URL(address)) is covers
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text",
    ["", "*", "*.com", "https://a.example", "a.example/x", "me@a.example", "a.example?x", "a b",
     "*.1.2.3.4", "a.*.example", "a.example:99999", "a.example\\b", "a.example#x", "M\u00b4", "x" * 300],
)  # fmt: skip
def test_what_is_no_host_is_refused(text: str) -> None:
    with pytest.raises(EgressInvalid, match="is not a host"):
        Place.parse(text)


async def test_it_goes_to_its_host_and_an_answer_that_repeats_it_is_masked(server: str) -> None:
    headers = {"x-api-key": "of the step", "X-Other": "1"}
    basic = bound(host_of(server), params={"key": SECRET})
    answer = await client.request("GET", f"{server}/echo?a=1", headers=headers, bound=basic)
    told = json.loads(answer.text)
    assert (told["headers"]["X-Api-Key"], told["query"]) == (MASK, {"a": "1", "key": MASK})
    assert told["headers"]["X-Other"] == "1"
    assert "x-api-key" not in told["headers"]  # what the step itself wrote gave way
    assert answer.url == f"{server}/echo?a=1"
    assert SECRET not in repr(basic) + str(answer)


async def test_it_arrives_whole(server: str) -> None:
    answer = await client.request("GET", f"{server}/echo", bound=bound(host_of(server), secrets=()))
    assert json.loads(answer.text)["headers"]["X-Api-Key"] == SECRET


async def test_to_another_host_nothing_is_sent_at_all(server: str) -> None:
    with pytest.raises(
        EgressDenied, match=r"“Stock” is not for 127\.0\.0\.1\. It may be sent to: api"
    ):
        await client.request("GET", f"{server}/echo", bound=bound("api.example.com"))


async def test_over_plain_http_it_goes_only_where_the_operator_allows(settings: Settings) -> None:
    settings.EGRESS_ALLOW = []
    with pytest.raises(EgressDenied, match="only sent over https://"):
        await client.request("GET", "http://api.example.com/", bound=bound("api.example.com"))


async def test_a_redirect_within_its_host_carries_it_on(server: str) -> None:
    carried = bound(host_of(server), params={"key": SECRET}, secrets=())
    answer = await client.request("GET", f"{server}/redirect?to=/echo", bound=carried)
    told = json.loads(answer.text)
    assert told["headers"]["X-Api-Key"] == told["query"]["key"] == SECRET
    assert answer.url == f"{server}/echo"


@pytest.mark.parametrize(
    "hop", ["https://other.example/", "http://api.example.com/", "https://api.example.com:444/"]
)
def test_a_hop_to_elsewhere_is_made_without_it(hop: str) -> None:
    carried = bound("api.example.com", params={"key": SECRET})
    url, headers = client._with(carried, URL(hop), {"X-Other": "1"})
    assert (str(url), headers) == (hop, {"X-Other": "1"})
    back, headers = client._with(carried, URL("https://api.example.com/"), {"X-Other": "1"})
    assert str(back) == f"https://api.example.com/?key={SECRET}"
    assert headers == {"X-Other": "1", "X-Api-Key": SECRET}


def test_other_forms_of_the_secret_are_masked_too() -> None:
    odd = 'a"b/c ü+key'
    carried = bound("a.example", secrets=(odd, "short"))
    said = f"{json.dumps({'k': odd})} a%22b%2Fc%20%C3%BC%2Bkey a%22b%2Fc+%C3%BC%2Bkey short"
    masked = carried.masked(said)
    assert masked.count(MASK) == 3
    assert masked.endswith("short")  # so short a text would be found everywhere
    assert carried.masked_bytes(said.encode()).decode() == masked

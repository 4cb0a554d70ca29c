"""What a request carries to the hosts that it is bound to, and to no others.

Where a secret may go is asked here, of each hop, before the hop is made: a redirect to another
host is followed without it. It travels in headers or in the query of the address, and stands in
nothing that is handed back.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, quote_plus

from yarl import URL

from apps.egress.addresses import shown
from apps.egress.exceptions import EgressDenied, EgressInvalid

MASK = "•••"
LEAST_MASKED = 6  # a shorter text would be found where it only looks like the secret
MAX_PLACE = 260


@dataclass(frozen=True)
class Place:
    """A host, perhaps with what stands before it (`*.example.com`), and a port if it is named."""

    host: str
    port: int | None = None
    below: bool = False

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read `api.example.com`, `api.example.com:8443` or `*.example.com`. Raises EgressInvalid."""
        below, named = text.strip().startswith("*."), text.strip().lower().removeprefix("*.")
        try:
            url = URL(f"https://{named}")
            host, port = url.raw_host or "", url.explicit_port
        except (ValueError, TypeError):
            host, port = "", None
        if not _is_plain(host, named) or (below and not _is_domain(host)):
            raise EgressInvalid(
                f"“{shown(text)}” is not a host. Write it as api.example.com, with a port where it is "
                "not the usual one, or as *.example.com for all hosts below it."
            )
        return cls(host, port, below)

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'*.' * self.below}{host}{'' if self.port is None else f':{self.port}'}"

    def is_within(self, wider: "Place") -> bool:
        """Tell whether whatever lies here lies at the other place too."""
        below = wider.below and self.host.endswith(f".{wider.host}")
        return self == wider or (below and self.port == wider.port)

    def covers(self, url: URL) -> bool:
        """Tell whether an address lies at this place."""
        host = url.raw_host or ""
        fits = host.endswith(f".{self.host}") if self.below else host == self.host
        return fits and (url.is_default_port() if self.port is None else url.port == self.port)


@dataclass(frozen=True)
class Bound:
    """Headers and parameters that go along to `places`, under the name by which people know them."""

    name: str
    places: tuple[Place, ...]
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    params: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)  # what no answer may show

    def may_go_to(self, url: URL, *, in_the_clear: bool) -> bool:
        """Tell whether it may be sent there; over plain http only where the operator allows that."""
        safe = url.scheme == "https" or in_the_clear
        return safe and any(place.covers(url) for place in self.places)

    def check(self, url: URL, *, in_the_clear: bool) -> None:
        """Raise EgressDenied unless it may be sent to where the request begins."""
        if self.may_go_to(url, in_the_clear=in_the_clear):
            return
        if any(place.covers(url) for place in self.places):
            raise EgressDenied(f"The credential “{self.name}” is only sent over https://.")
        where = ", ".join(map(str, self.places[:5]))
        raise EgressDenied(
            f"The credential “{self.name}” is not for {url.host}. It may be sent to: {where}."
        )

    def on(self, url: URL, headers: Mapping[str, str]) -> tuple[URL, dict[str, str]]:
        """Return an address and headers with it; what has the same names gives way."""
        own = {name.lower() for name in self.headers}
        kept = {name: value for name, value in headers.items() if name.lower() not in own}
        return url.update_query(dict(self.params)) if self.params else url, {**kept, **self.headers}

    def off(self, url: URL) -> URL:
        """Return an address without what was added to it."""
        return url.without_query_params(*self.params) if self.params else url

    def masked(self, text: str) -> str:
        """Return a text in which the secrets cannot be read."""
        for form in self._forms():
            text = text.replace(form, MASK)
        return text

    def masked_bytes(self, data: bytes) -> bytes:
        """Return a body in which the secrets cannot be read."""
        for form in self._forms():
            data = data.replace(form.encode(), MASK.encode())
        return data

    def _forms(self) -> list[str]:
        """The secrets as answers may repeat them, the longest first."""
        found: set[str] = set()
        for secret in self.secrets:
            if len(secret) >= LEAST_MASKED:
                in_json = json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]
                found |= {secret, quote(secret, safe=""), quote_plus(secret), *in_json}
        return sorted(found, key=len, reverse=True)


def parse_places(texts: Iterable[str]) -> tuple[Place, ...]:
    """Return the places that texts name, each once. Raises EgressInvalid."""
    return tuple(dict.fromkeys(Place.parse(text) for text in texts if text.strip()))


def _is_plain(host: str, text: str) -> bool:
    """Tell whether a text was a host, and a port at most.

    The host is looked at as well: what a sign of the text stands for may be a blank.
    """
    is_short = len(text) <= MAX_PLACE and len(host) <= MAX_PLACE
    return bool(host) and is_short and not re.search(r"[\s/?#@\\,*]", f"{text}{host}")


def _is_domain(host: str) -> bool:
    """Tell whether hosts may lie below: of a whole top-level domain they are everybody's."""
    labels = host.split(".")
    return len(labels) > 1 and all(labels) and not labels[-1].isdigit() and ":" not in host

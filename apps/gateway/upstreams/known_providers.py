"""Providers that can be connected, as delivered with a release: a file of ours, read once by a process.

It is made from what litellm knows by `manage.py load_known_providers`; litellm itself is not imported for it.
Most are asked in OpenAI's protocol, straight over egress; those with a dialect are translated. A
provider that litellm reaches past our connections is listed with the reason, and not offered.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from apps.gateway import catalogue
from apps.gateway.models import Provider

FILE = Path(__file__).parent / "known_providers.json"
DIRECT, TRANSLATED, LOCAL, ELSEWHERE = "direct", "translated", "local", "elsewhere"
REQUIRED, OPTIONAL, NONE = "required", "optional", "none"
# Asked for most; the others follow by name.
FIRST = (
    "openai", "anthropic", "gemini", "azure", "mistral", "groq", "deepseek", "openrouter", "ollama",
    "hosted_vllm", "llama_cpp", "litellm_proxy",
)  # fmt: skip
OTHER = "other"  # any address that speaks OpenAI's protocol


@dataclass(frozen=True)
class Field:
    """Something that a provider asks for beside its address, its key and a model."""

    label: str
    required: bool
    secret: bool


@dataclass(frozen=True)
class Entry:
    """A provider that is known, and how it is reached."""

    slug: str  # as litellm calls it
    name: str
    way: str
    address: str = ""  # empty: everybody has their own
    example: str = ""  # what such an address looks like
    key: str = REQUIRED
    offers: tuple[str, ...] = ()  # chat, embeddings, responses, rerank, moderations
    answers: str = "json_schema"
    needs: tuple[Field, ...] = ()
    why: str = ""  # it is not offered

    @property
    def is_offered(self) -> bool:
        """Whether it can be connected here."""
        return self.way != ELSEWHERE

    @property
    def kind(self) -> str:
        """The kind of the provider that is made of it."""
        return Provider.Kind.LITELLM if self.way == TRANSLATED else Provider.Kind.OPENAI

    @property
    def capabilities(self) -> list[str]:
        """What it is taken to be able to, until somebody says otherwise."""
        return sorted({"json_schema", *({"responses"} & set(self.offers))})

    @property
    def place(self) -> str:
        """Its host, as people recognise it."""
        return self.address.partition("://")[2].partition("/")[0]

    @property
    def models(self) -> list[str]:
        """Names of its models that are on the list of prices."""
        return catalogue.models_of(self.slug)


ANY = Entry(OTHER, "Another address", DIRECT, example="https://models.example.com/v1", key=OPTIONAL)


def every() -> tuple[Entry, ...]:
    """Return all, those that are asked for most first."""
    return tuple(_read().values())


def find(slug: str) -> Entry | None:
    """Return the provider that litellm calls so; `other` is any address that speaks OpenAI's protocol."""
    return ANY if slug == OTHER else _read().get(slug)


def matching(text: str, way: str = "") -> list[Entry]:
    """Return those with the text in their name, of a way of being reached if one is named."""
    wanted = text.casefold()
    return [
        each
        for each in every()
        if (not way or each.way == way)
        and (wanted in f"{each.name} {each.slug} {each.address}".casefold())
    ]


@lru_cache(maxsize=1)
def _read() -> dict[str, Entry]:
    found = {each.slug: each for each in _entries()}
    ranked = sorted(found.values(), key=_rank)
    return {each.slug: each for each in ranked}


def _entries() -> Iterator[Entry]:
    for row in json.loads(FILE.read_text())["providers"]:
        needs = tuple(Field(**each) for each in row.pop("needs", ()))
        yield Entry(needs=needs, offers=tuple(row.pop("offers", ())), **row)


def _rank(entry: Entry) -> tuple[int, bool, str]:
    first = FIRST.index(entry.slug) if entry.slug in FIRST else len(FIRST)
    return first, not entry.is_offered, entry.name.casefold()

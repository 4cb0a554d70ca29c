"""What models cost and hold, as delivered with a release: a file of ours, read once by a process.

It is made from litellm's table by `manage.py load_prices` and keeps the versions before, so that
what a call cost can be told later. litellm itself is not imported for it.
"""

import gzip
import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "catalogue.json.gz"
# Where providers answer that speak OpenAI's protocol; of others the slug is looked for.
HOSTS = {
    "api.openai.com": "openai",
    "api.anthropic.com": "anthropic",
    "generativelanguage.googleapis.com": "gemini",
    "api.deepseek.com": "deepseek",
    "api.mistral.ai": "mistral",
    "api.groq.com": "groq",
    "api.x.ai": "xai",
    "api.together.xyz": "together_ai",
    "api.fireworks.ai": "fireworks_ai",
    "api.perplexity.ai": "perplexity",
    "api.cerebras.ai": "cerebras",
    "api.deepinfra.com": "deepinfra",
    "api.novita.ai": "novita",
    "api.studio.nebius.ai": "nebius",
    "dashscope-intl.aliyuncs.com": "dashscope",
    "api.moonshot.ai": "moonshot",
    "api.voyageai.com": "voyage",
    "api.jina.ai": "jina_ai",
    "api.cohere.com": "cohere",
}
_lock = threading.Lock()


@dataclass(frozen=True)
class Listed:
    """What the list says of a model since a day; dollars for a million tokens, None: not told."""

    provider: str
    model: str
    valid_from: date
    input_usd: Decimal
    output_usd: Decimal
    cache_read_usd: Decimal | None
    cache_write_usd: Decimal | None
    reasoning_usd: Decimal | None
    context_tokens: int | None
    answer_tokens: int | None
    retires_on: date | None


def source() -> str:
    """Return where the list comes from, such as `litellm 1.106.2`."""
    return str(_whole()["source"])


def find(names: Sequence[str], model: str, *, on: date) -> Listed | None:
    """Return what was valid on a day for a model, by any name of its provider: slug, host, dialect."""
    models = _whole()["models"]
    for name in names:
        provider = HOSTS.get(name, name)
        if rows := models.get(provider, {}).get(model):
            found = [row for row in rows if row[0] <= on.isoformat()]
            return _listed(provider, model, found[-1]) if found else None
    return None


def models_of(provider: str) -> list[str]:
    """Return the names of a provider's models that are on the list."""
    return sorted(_whole()["models"].get(HOSTS.get(provider, provider), {}))


@lru_cache(maxsize=2)
def every(*, on: date) -> tuple[Listed, ...]:
    """Return all that is valid on a day, by provider and model."""
    known = _whole()["models"].items()
    found = (find([name], model, on=on) for name, models in known for model in models)
    listed = [each for each in found if each is not None]
    return tuple(sorted(listed, key=lambda each: (each.provider, each.model)))


def packed(whole: dict[str, Any]) -> bytes:
    """Return a list as the file holds it: the same list always gives the same bytes."""
    text = json.dumps(whole, separators=(",", ":"), sort_keys=True)
    return gzip.compress(text.encode(), mtime=0)


def unpacked(data: bytes) -> dict[str, Any]:
    """Return the list that a file holds."""
    whole: dict[str, Any] = json.loads(gzip.decompress(data))
    return whole


def _whole() -> dict[str, Any]:
    with _lock:
        return _read()


@lru_cache(maxsize=1)
def _read() -> dict[str, Any]:
    return unpacked(FILE.read_bytes())


def _listed(provider: str, model: str, row: Sequence[Any]) -> Listed:
    since, given, taken, read, written, reasoning, context, answer, end = row
    return Listed(
        provider, model, date.fromisoformat(since), Decimal(given), Decimal(taken),
        _usd(read), _usd(written), _usd(reasoning), context, answer,
        date.fromisoformat(end) if end else None,
    )  # fmt: skip


def _usd(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)

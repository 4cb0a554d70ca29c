"""Whether two answers say the same: by their words, else by their figures and their vectors."""

import re

from apps.gateway.asks import Source
from apps.gateway.cache.similar.subject import facts_of
from apps.gateway.cache.similar.vectors import Carry, vectors_of
from apps.gateway.upstreams.answers import text_in
from apps.gateway.upstreams.events import data_of

NEAR = 0.95  # from which on texts of the same figures say the same
FEW_WORDS = 6  # in which one word may be all the difference
MOST_CHARACTERS = 8_000  # of an answer that is compared by its vector
NO_WORD = re.compile(r"[\W_]+")


def said(body: bytes, *, streams: bool) -> str:
    """Return the words of an answer as it was passed on."""
    if not streams:
        return text_in(body)
    return "".join(text_in(data_of(event)) for event in body.split(b"\n\n"))


async def say_the_same(
    one: str, other: str, embedder: str, *, carry: Carry, source: Source
) -> bool | None:
    """Tell whether two answers are the same to a reader; None where that cannot be told now."""
    if _plain(one) == _plain(other):
        return True
    short = min(len(one.split()), len(other.split())) < FEW_WORDS
    if short or max(len(one), len(other)) > MOST_CHARACTERS or facts_of(one) != facts_of(other):
        return False
    vectors = await vectors_of((one, other), embedder, carry=carry, source=source)
    similarity = vectors[0].similarity(vectors[1]) if vectors else None
    return None if similarity is None else similarity >= NEAR


def _plain(text: str) -> str:
    return NO_WORD.sub(" ", text.casefold()).strip()

"""The set of traps: 200 questions, each beside a paraphrase and beside one that only sounds the same.

The vectors tell nothing: all of the questions are alike to them. The set is ours (`pairs.tsv`), a line for
each question: its language, what the trap turns on, itself, the paraphrase, the trap.
"""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from apps.accounts.models import User
from apps.gateway.ledger import journal
from apps.gateway.models import LlmCall
from tests.fakeai.chat import near
from tests.fakeai.server import FakeProvider
from tests.gateway.cache.asking import Told, ask_all, forget_all, similar_route

# One after the other with the tests of kept answers: they look at all that is kept in Redis.
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.xdist_group("kept-answers"),
]
ROWS = [
    line.split("\t")
    for line in (Path(__file__).parent / "pairs.tsv").read_text(encoding="utf-8").splitlines()
]
LANGUAGES, KINDS, QUESTIONS, PARAPHRASES, TRAPS = (list(each) for each in zip(*ROWS, strict=True))
ROUNDS = 6  # of 200 questions, before the route gives kept answers to most of them
# What people say before and after a question: none of these pairs is in the set.
WAYS = {
    "en": ["Hi. {}", "{} Thanks in advance!", "Good afternoon. {}", "Dear team, {}", "Hey! {} Kindly.",
           "Quick question: {}"],
    "de": ["Hallo! {}", "{} Danke im Voraus!", "Guten Abend. {}", "{} Vielen Dank!", "Guten Morgen! {}",
           "Bitte: {}"],
    "fr": ["Salut ! {}", "{} Merci d'avance !", "Bonsoir. {}", "{} Merci beaucoup !", "{} SVP",
           "Salut. {} Merci."],
    "es": ["Hola. {}", "{} Gracias.", "Buenos días. {}", "Buenas tardes. {}", "Buenas. {} Gracias.",
           "{} Por favor."],
    "it": ["Salve. {}", "{} Grazie mille!", "Buonasera. {}", "{} Per piacere.", "Ciao! {} Grazie.",
           "{} Grazie in anticipo."],
    "pt": ["Oi! {}", "{} Obrigado!", "Boa tarde. {}", "{} Obrigada.", "Boa noite. {}", "Oi. {} Obrigado."],
    "nl": ["Hoi! {}", "{} Bedankt!", "Goedemorgen. {}", "{} Dank je wel.", "{} Dank u.", "Hoi. {} Bedankt."],
}  # fmt: skip


@pytest.fixture(autouse=True)
def _forget() -> None:
    forget_all()


def test_the_set_is_what_it_says() -> None:
    assert len(ROWS) == 200
    assert Counter(KINDS).keys() == {"negation", "entity", "number", "unit", "date", "language"}
    assert min(Counter(KINDS).values()) >= 29
    vectors = [near(each) for each in (*QUESTIONS[:60], *PARAPHRASES[:60], *TRAPS[:60])]
    assert min(_cosine(*pair) for pair in combinations(vectors, 2)) >= 0.95


def test_half_of_the_paraphrases_hit_and_no_more_than_one_trap(
    alice: User, fake: FakeProvider
) -> None:
    similar_route(fake, alice)
    for place, (_, _, question, paraphrase, trap) in enumerate(ROWS):
        fake.scripted |= {question: f"Answer {place}", paraphrase: f"Answer {place}"}
        fake.scripted[trap] = f"Another answer {place}"
    assert not _hits(ask_all(QUESTIONS))
    for round_ in range(ROUNDS):
        _learn(fake, round_)
    traps, paraphrases = ask_all(TRAPS), ask_all(PARAPHRASES)
    assert len(_hits(paraphrases)) >= 100
    assert len(_hits(traps)) <= 1
    for place in range(200):
        assert paraphrases[place].text == f"Answer {place}"
        assert traps[place].text == f"Another answer {place}" or place in _hits(traps)
    assert journal.written().result(30)
    given = LlmCall.objects.filter(cache="semantic")
    assert not given.exclude(cost_usd=0, similarity__gte=0.95).exists()
    assert LlmCall.objects.filter(endpoint="embeddings", task="similarity").exists()


def _hits(told: list[Told]) -> list[int]:
    return [place for place, each in enumerate(told) if each.cache == "semantic"]


def _learn(fake: FakeProvider, round_: int) -> None:
    """Let people ask each question in another way."""
    asked = [
        WAYS[language][round_].format(question)
        for language, question in zip(LANGUAGES, QUESTIONS, strict=True)
    ]
    fake.scripted |= {text: f"Answer {place}" for place, text in enumerate(asked)}
    ask_all(asked)


def _cosine(one: list[float], other: list[float]) -> float:
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    return float(dot / (sum(a * a for a in one) * sum(b * b for b in other)) ** 0.5)

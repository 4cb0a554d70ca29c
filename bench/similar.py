"""`python -m bench.similar [entries] [dimensions]`: what it takes to look for a similar question.

One line of JSON, milliseconds of processor time for each step of a look-up in a scope of so many kept
questions: reading what the question is about; finding those that are about the same; comparing its
vector with eight of them, as many as are ever compared; deciding by what was learnt of 2,000
comparisons. `all` is their sum. Beside them what it takes to compare with every vector of the scope,
which a look-up without the first two steps would have to.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from apps.gateway.cache.similar.book import MOST_ALIKE, Book, Entry
from apps.gateway.cache.similar.learning import Learner, Seen
from apps.gateway.cache.similar.subject import subject_of
from apps.gateway.cache.similar.vectors import Vector, packed

QUESTION = "Could you please tell me how to reset the password of account 7 in the customer portal?"
TIMES = 200


def main(entries: int, dimensions: int) -> None:
    """Fill a scope, and print what each step takes."""
    chance = random.Random(1)
    vectors = [_vector(chance, dimensions) for _ in range(entries)]
    held = Book()
    for place, vector in enumerate(vectors):
        about = 7 if place < MOST_ALIKE else place + 100
        text = f"How do I reset the password of account {about} in the customer portal?"
        held.put(Entry("scope", f"name{place}", text, vector))
    learner = _taught(chance)
    subject, mine = subject_of(QUESTION), vectors[0]
    alike = held.alike("scope", subject)
    assert len(alike) == MOST_ALIKE
    told: dict[str, object] = {"bench": "similar", "entries": entries, "dimensions": dimensions}
    steps = {
        "subject": lambda: subject_of(QUESTION),
        "alike": lambda: held.alike("scope", subject),
        "vectors": lambda: [mine.similarity(each.vector) for each in alike if each.vector],
        "decision": lambda: learner.bound("name1", 0.97),
    }
    taken = {name: _cpu_ms(step) for name, step in steps.items()}
    told |= {name: round(ms, 3) for name, ms in taken.items()} | {
        "all": round(sum(taken.values()), 3)
    }
    told["every_vector"] = round(_cpu_ms(lambda: [mine.similarity(each) for each in vectors], 3), 1)
    print(json.dumps(told))


def _vector(chance: random.Random, dimensions: int) -> Vector:
    return Vector("model", packed([chance.gauss(0, 1) for _ in range(dimensions)]))


def _taught(chance: random.Random) -> Learner:
    learner = Learner()
    for place in range(2_000):
        seen = Seen(chance.uniform(0.9, 1), chance.random() > 0.002)
        learner.take_in(f"name{place % 400}", f"asker{place}", seen)
    return learner


def _cpu_ms(step: Callable[[], object], times: int = TIMES) -> float:
    step()
    began = time.process_time()
    for _ in range(times):
        step()
    return (time.process_time() - began) / times * 1000


if __name__ == "__main__":
    main(*(int(each) for each in sys.argv[1:3] or (500, 1_536)))

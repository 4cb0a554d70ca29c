"""`make bench name=guards`: what guards cost a call in CPU time.

One line of JSON: milliseconds for prompts by their size, and for a streamed answer of fifty words; with the groups
of values alone, and with all groups.
"""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - apps may be imported only once Django is set up
from apps.gateway.asks import Ask
from apps.gateway.guards.gate import Gate
from apps.gateway.guards.kinds import GROUPS, Action, Place
from apps.gateway.guards.policy import Guards
from apps.gateway.guards.redacting import Redactor
from apps.gateway.guards.standing_in import Placeholders
from apps.gateway.guards.streams import Stream
from apps.gateway.guards.tally import Tally
from apps.gateway.upstreams.events import event_of

PROSE = Path(__file__).parents[1].joinpath("README.md").read_text()
SIZES = {"4 KB": 4_096, "100 KB": 102_400}
ROUNDS = 50
WORDS = 50


def cpu_ms(work: Callable[[], Any]) -> float:
    """Return the median of what a piece of work takes in CPU time."""
    work()
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1000)
    return round(statistics.median(taken), 3)


def of_prompt(guards: Guards, size: int) -> float:
    """Return what looking at a prompt costs."""
    text = (PROSE * (size // len(PROSE) + 1))[:size]
    ask = Ask("default", {"messages": [{"role": "user", "content": text}]})
    with asyncio.Runner() as loop:
        return cpu_ms(lambda: loop.run(Gate(guards).screened(ask)))


def of_stream(guards: Guards) -> float:
    """Return what an answer of fifty words costs, each in an event of its own."""
    words = PROSE.split()[:WORDS]
    events = [
        event_of({"choices": [{"index": 0, "delta": {"content": f"{each} "}}]}) for each in words
    ]

    def passed() -> None:
        stream = Stream(Redactor(guards, Place.OUTPUT, Placeholders(), Tally()), is_json=False)
        for each in events:
            stream.feed(each)
        stream.end()

    return cpu_ms(passed)


def main() -> None:
    """Print one line."""
    values = ("contact", "financial", "identity", "secrets")
    people = Guards.model_validate({name: {"input": "mask", "output": "mask"} for name in values})
    rules = {
        str(group): {
            str(place): next(
                (each for each in (Action.MASK, Action.FLAG) if each in actions), "allow"
            )
            for place, actions in about.actions.items()
        }
        for group, about in GROUPS.items()
    }
    everything = Guards.model_validate(rules)
    found = {
        f"{name}, {label}": of_prompt(guards, size)
        for name, guards in (("nothing", Guards()), ("values", people), ("everything", everything))
        for label, size in SIZES.items()
    }
    streams = {"values": of_stream(people), "everything": of_stream(everything)}
    print(json.dumps({"bench": "guards", "prompt_cpu_ms": found, "stream_of_50_cpu_ms": streams}))


if __name__ == "__main__":
    main()

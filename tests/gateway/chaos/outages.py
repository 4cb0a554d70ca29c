"""Providers that are away for a while now and then, each by a plan that follows from its seed."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from aiohttp import web

from tests.fakeai.server import FakeProvider

UP = 0.97  # share of a run
LENGTH = 40  # of an outage, on average, in calls of the run
KINDS = ("error", "gone")  # 503; a connection that is closed without a word


@dataclass(frozen=True)
class Outage:
    """From which call of the run until before which a provider is away, and how it shows."""

    begins: int
    ends: int
    kind: str


def plan_of(seed: int, calls: int) -> list[Outage]:
    """Return the outages of one provider in a run of so many calls: bursts, 3 % of all in the end."""
    chance = random.Random(seed)
    budget = round(calls * (1 - UP))
    lengths: list[int] = []
    while sum(lengths) < budget:
        longest = budget - sum(lengths)
        lengths.append(min(longest, 1 + round(chance.expovariate(1 / LENGTH))))
    cuts = sorted(chance.sample(range(calls - budget), len(lengths)))
    return list(_placed(cuts, lengths, chance))


def _placed(cuts: list[int], lengths: list[int], chance: random.Random) -> Iterator[Outage]:
    before = 0
    for cut, length in zip(cuts, lengths, strict=True):
        begins = cut + before
        yield Outage(begins, begins + length, chance.choice(KINDS))
        before += length


@dataclass
class Unsteady(FakeProvider):
    """A provider that is away as its plan says; `at` is the call that the run has come to."""

    plan: list[Outage] = field(default_factory=list)
    at: int = 0

    @property
    def outage(self) -> str:
        """How it is away just now; empty where it is not."""
        return next((each.kind for each in self.plan if each.begins <= self.at < each.ends), "")

    async def answer(self, request: web.Request) -> web.StreamResponse:
        outage = self.outage
        self.asked.clear()  # of a long run nobody looks at all
        if outage == "gone":
            assert request.transport
            request.transport.close()
            raise asyncio.CancelledError
        self.ill = outage == "error"
        return await super().answer(request)

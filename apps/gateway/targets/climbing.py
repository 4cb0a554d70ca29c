"""Verified cascades: a cheap target's answer is held and checked, and a stronger one is asked if it fails.

Nobody hears anything before an answer holds: a stream is then passed on in the pieces in which it came.
Time and money are the call's own, over all attempts together. What was asked in vain is paid for.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

from apps.gateway.asks import Ask
from apps.gateway.checks.said import Said, said_in
from apps.gateway.checks.verdicts import JUDGE, Mark, Verdict, verdict_of
from apps.gateway.exceptions import DeadlinePassed, GatewayError, NotAnAnswer, NotVerified
from apps.gateway.routes.policy import Unverified
from apps.gateway.targets.judging import judgement
from apps.gateway.targets.legs import Leg
from apps.gateway.targets.trying import Course, Trace
from apps.gateway.upstreams.answers import Answer
from apps.gateway.usage import Usage

MOST_HELD = 16 << 20  # bytes of one answer
NO_VERDICT = Verdict(Mark.OPEN)


class HeldAnswer(Answer):
    """An answer that was read to its end before it is passed on. One that failed is not kept."""

    def __init__(self, answer: Answer, parts: list[bytes]) -> None:
        """Hold the parts of an answer that is over."""
        super().__init__(answer.upstream)
        self.model, self.streams = answer.model, answer.streams
        self.verdict = NO_VERDICT
        self._answer, self._parts = answer, parts

    async def parts(self) -> AsyncIterator[bytes]:
        for part in self._parts:
            yield part

    @property
    def whole(self) -> bytes:
        return b"".join(self._parts) if self.verdict.passed else b""

    def said(self) -> Said:
        """Return what it says."""
        return said_in(self._parts, streams=self.streams)

    def usage(self, ask: Ask) -> Usage:
        return self._answer.usage(ask)


@dataclass
class _Rung:
    """An answer with the target that gave it."""

    answer: HeldAnswer
    leg: Leg


class Climb:
    """One call on its way from cheap targets to stronger ones."""

    def __init__(self, course: Course) -> None:
        self._course = course
        self._trace: Trace = course.trace
        self._policy = course.policy
        self._last: _Rung | None = None  # the answer to fall back on

    async def top(self, limit_s: float) -> HeldAnswer:
        """Return the first answer that holds, else what the route says. Raises GatewayError."""
        try:
            async with asyncio.timeout(limit_s) as deadline:
                return await self._climbed()
        except TimeoutError:
            if not deadline.expired():
                raise
            late = DeadlinePassed(f"There was no answer that holds within {limit_s:g} s.")
            return await self._fall_back(late, asyncio.CancelledError())
        except NotVerified:
            raise
        except GatewayError as error:
            return await self._fall_back(error, error)

    async def _climbed(self) -> HeldAnswer:
        rung = await self._held(await self._course.first())
        while not rung.answer.verdict.passed and self._course.climb(rung.leg):
            self._leave(rung)
            rung = await self._held(await self._course.next())
        if not rung.answer.verdict.passed and self._policy.unverified == Unverified.ERROR:
            said = rung.answer.verdict
            raise NotVerified(f"No answer held: the last one {said.reason or 'cannot be checked'}.")
        return self._settled(rung)

    def _leave(self, rung: _Rung) -> None:
        """Count an answer as asked in vain, until nothing better is found."""
        self._last = rung
        usage = rung.answer.usage(rung.leg.ask)
        self._trace.lost.append((rung.leg.target, usage))
        self._trace.answer = None

    async def _fall_back(self, error: GatewayError, end: BaseException) -> HeldAnswer:
        """Return the last answer although it failed, where the route says so. Raises `error`."""
        rung = self._last
        if rung is None or self._policy.unverified == Unverified.ERROR:
            raise error
        leg = await self._course.let_go(end, error.code)
        if leg is not None and self._trace.answer is not None:  # what came of it is paid for
            self._trace.lost.append((leg.target, self._trace.answer.usage(leg.ask)))
        self._trace.lost.remove((rung.leg.target, rung.answer.usage(rung.leg.ask)))
        self._trace.target = rung.leg.target
        return self._settled(rung)

    def _settled(self, rung: _Rung) -> HeldAnswer:
        self._trace.answer, self._trace.verdict = rung.answer, rung.answer.verdict
        return rung.answer

    async def _held(self, answer: Answer) -> _Rung:
        """Read an answer to its end and check it; where it breaks off the next target is asked."""
        while True:
            self._trace.answer = answer
            try:
                held = HeldAnswer(answer, await _read(answer))
                break
            except GatewayError as error:
                answer = await self._course.resume(self._course.ask, answer, error)
        leg = await self._course.done()
        self._trace.answer = held
        cost = leg.target.cost(held.usage(leg.ask))
        self._course.spend(cost)
        held.verdict = await self._verdict(held, leg)
        self._course.note(leg, held.verdict, cost)
        return _Rung(held, leg)

    async def _verdict(self, held: HeldAnswer, leg: Leg) -> Verdict:
        """Check an answer; a judge is asked last, and only where its word changes anything."""
        checks = self._course.decision.inputs.need.checks
        said, verdict = await asyncio.to_thread(_checked, held, leg.ask, checks)
        matters = self._course.may_climb(leg) or self._policy.unverified == Unverified.ERROR
        if JUDGE not in checks or verdict.mark == Mark.FAILED or not matters:
            return verdict
        most = self._course.left(self._policy.judge_usd)
        judged = await judgement(
            self._course.ask, said, judge=self._policy.judge, most_usd=most, carry=self._trace.carry
        )
        self._trace.judged_usd += judged.cost_usd
        self._course.spend(judged.cost_usd)
        kept = (
            verdict.passed and judged.verdict.mark == Mark.OPEN
        )  # a judge that is away proves nothing
        return verdict if kept else judged.verdict


async def watched(course: Course) -> None:
    """Check an answer that was passed on to its end, to learn from it."""
    answer, leg = course.trace.answer, course.answering
    if answer is None or leg is None or not answer.whole:
        return
    held = HeldAnswer(answer, [answer.whole])
    checks = course.decision.inputs.need.checks
    _, verdict = await asyncio.to_thread(_checked, held, course.ask, checks)
    course.note(leg, verdict, leg.target.cost(answer.usage(leg.ask)))
    course.trace.verdict = verdict


def _checked(held: HeldAnswer, ask: Ask, checks: tuple[str, ...]) -> tuple[Said, Verdict]:
    said = held.said()
    return said, verdict_of(said, ask, checks)


async def _read(answer: Answer) -> list[bytes]:
    parts, size = [], 0
    async for part in answer.parts():
        parts.append(part)
        size += len(part)
        if size > MOST_HELD:
            raise NotAnAnswer("The answer is larger than one that is checked may be.")
    return parts

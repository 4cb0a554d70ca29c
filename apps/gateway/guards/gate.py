"""The guards of one call: its prompt before anybody is asked, its answer before it is passed on."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import UUID

from apps.common.types import JSONDict
from apps.gateway.asks import SPEAKING, Ask
from apps.gateway.exceptions import GuardRefused
from apps.gateway.guards.bodies import has_unreadable, redacted, texts_of, without_echoes
from apps.gateway.guards.keeping import MOST_KEPT, body_to_keep
from apps.gateway.guards.kinds import Place
from apps.gateway.guards.policy import Guards
from apps.gateway.guards.redacting import Redactor
from apps.gateway.guards.standing_in import Placeholders
from apps.gateway.guards.streams import Stream
from apps.gateway.guards.tally import Tally
from apps.gateway.guards.withheld import Exchange
from apps.gateway.kept.services import keep
from apps.gateway.models import Endpoint
from apps.gateway.upstreams.answers import Answer
from apps.gateway.usage import Usage
from apps.tenants.database import query

MOST_CHARACTERS = 2_000_000  # that are looked through
ASIDE = 50_000  # characters from which on other calls need not wait for the look
ANSWERED = (*SPEAKING, Endpoint.RERANK)  # with words


class Gate:
    """Looks at one call with the guards of its route."""

    def __init__(self, guards: Guards) -> None:
        """Look with these guards."""
        self.tally = Tally()
        self.withheld: set[str] = set()  # classes of data that the prompt does not hold
        self._guards = guards
        self._placeholders = Placeholders()
        self._is_json = False
        self._answers = False
        self._heard: HeardAnswer | None = None

    async def screened(self, ask: Ask) -> Ask:
        """Return the call as a provider may see it. Raises GuardRefused."""
        size = sum(map(len, texts_of(ask.body)))
        if size > MOST_CHARACTERS:
            raise GuardRefused(
                f"The guards of this route read at most {MOST_CHARACTERS:,} characters."
            )
        try:
            if size > ASIDE:
                return await asyncio.to_thread(self._screened, ask)
            return self._screened(ask)
        except RecursionError:
            raise GuardRefused(
                "The guards of this route do not read what is nested so deep."
            ) from None

    def answered(self, answer: Answer) -> Answer:
        """Return an answer as its asker may see it. Reading it may raise GuardRefused."""
        keeps = self._guards.keeping.hours is not None and self._answers
        if keeps and self.withheld:  # what is withheld is not kept either
            answer = self._heard = HeardAnswer(answer)
        looks = self._guards.wanted(Place.OUTPUT) or self._placeholders
        if looks and self._answers:
            answer = GuardedAnswer(answer, self._redactor(Place.OUTPUT), is_json=self._is_json)
        if keeps and not self.withheld:
            answer = self._heard = HeardAnswer(answer)
        return answer

    async def keep(self, call_id: UUID, ask: Ask) -> None:
        """Keep what was asked and answered, where the guards say so; nothing of what they refused."""
        keeping, heard = self._guards.keeping, self._heard
        keeps_nothing = ask.withheld is not None and ask.withheld.keeps_nothing
        if keeping.hours is None or heard is None or keeps_nothing:
            return
        answered = heard.whole_heard
        body = await asyncio.to_thread(
            body_to_keep, ask.body, answered, keeping, streams=heard.streams
        )
        await query(keep, call_id, ask.source.run_id, body, keeping.hours)

    def _screened(self, ask: Ask) -> Ask:
        if self._guards.refuse_unreadable and has_unreadable(ask.body):
            raise GuardRefused(
                "The guards of this route let nothing pass that they cannot read, such as images."
            )
        self._answers = ask.endpoint in ANSWERED
        self._is_json = _wants_json(ask.body)
        redactor = self._redactor(Place.INPUT)
        if not redactor.wanted and ask.withheld is None:
            return ask
        self._placeholders.avoid(texts_of(ask.body))
        body = self._without_withheld(ask)
        if redactor.wanted:
            body = redacted(body, redactor)
            redactor.check()
        return ask if body == ask.body else replace(ask, body=body)

    def _without_withheld(self, ask: Ask) -> JSONDict:
        """Return the body without what the asker's run withholds, as far as the route minds."""
        if ask.withheld is None:
            return ask.body
        allowed = frozenset(self._guards.data_classes)
        return redacted(
            ask.body, Exchange(ask.withheld, allowed, self._placeholders, self.withheld)
        )

    def _redactor(self, place: Place) -> Redactor:
        return Redactor(self._guards, place, self._placeholders, self.tally)


class GuardedAnswer(Answer):
    """An answer that passes the guards on its way to its asker."""

    def __init__(self, inner: Answer, redactor: Redactor, *, is_json: bool) -> None:
        """Guard an answer; `is_json`: its words are JSON."""
        super().__init__(inner.upstream)
        self.streams, self.age_s = inner.streams, inner.age_s
        self.model = inner.model
        self._inner, self._redactor, self._is_json = inner, redactor, is_json

    async def begin(self) -> None:
        await self._inner.begin()

    async def parts(self) -> AsyncIterator[bytes]:
        if not self.streams:
            yield await self._whole()
            return
        stream = Stream(self._redactor, is_json=self._is_json)
        async for part in self._inner.parts():
            self.model = self._inner.model
            if passed := stream.feed(part):
                yield passed
        if rest := stream.end():
            yield rest

    def usage(self, ask: Ask) -> Usage:
        return self._inner.usage(ask)

    async def _whole(self) -> bytes:
        body = b"".join([part async for part in self._inner.parts()])
        if len(body) > ASIDE:
            return await asyncio.to_thread(self._redacted, body)
        return self._redacted(body)

    def _redacted(self, body: bytes) -> bytes:
        told = without_echoes(json.loads(body))
        assert isinstance(told, dict)  # the adapters see to it
        done = redacted(told, self._redactor, is_json=self._is_json)
        self._redactor.check()
        return body if done == told else json.dumps(done, separators=(",", ":")).encode()


class HeardAnswer(Answer):
    """An answer that is remembered while it is passed on."""

    def __init__(self, inner: Answer) -> None:
        """Hear an answer."""
        super().__init__(inner.upstream)
        self.streams, self.age_s, self.model = inner.streams, inner.age_s, inner.model
        self._inner = inner
        self._heard: list[bytes] = []
        self._size = 0

    async def parts(self) -> AsyncIterator[bytes]:
        async for part in self._inner.parts():
            self.model = self._inner.model
            self._size += len(part)
            if self._size <= MOST_KEPT:
                self._heard.append(part)
            yield part

    def usage(self, ask: Ask) -> Usage:
        return self._inner.usage(ask)

    @property
    def whole_heard(self) -> bytes | None:
        """What was passed on; None where that is too much to keep."""
        return b"".join(self._heard) if self._size <= MOST_KEPT else None


def _wants_json(body: JSONDict) -> bool:
    """Tell whether the answer's words are to be JSON, in any of the protocols."""
    wished = [body.get("response_format"), body.get("output_format")]
    for name in ("text", "output_config"):
        nested = body.get(name)
        wished.append(nested.get("format") if isinstance(nested, dict) else None)
    return any(
        isinstance(each, dict) and str(each.get("type", "")).startswith("json") for each in wished
    )

"""A stream that goes on with another target when its own breaks off after the first word.

Only where the route says so, and only for plain words: half of a tool's arguments, or of JSON that must
fit a schema, cannot be continued. One event says that it happened, for whoever wants to know:
`{"auterity": {"failover": {mode, from, to, reason}}}`; after a restart all words before it are void.
Responses and Messages that are told from chats go on too, under the events of the first. They have no
event that voids words, so they are not begun anew; and what a provider tells in them itself is not joined.
"""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

from apps.common.types import JSONDict
from apps.gateway.adapters.speaking import speaks
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.exceptions import GatewayError
from apps.gateway.models import Endpoint
from apps.gateway.protocols.bridge import Bridged
from apps.gateway.routes.policy import Mending
from apps.gateway.targets.router import Target
from apps.gateway.targets.trying import Course
from apps.gateway.upstreams.answers import Answer, StreamedAnswer
from apps.gateway.upstreams.events import BadEvent, data_of, event_of, parsed
from apps.gateway.usage import Usage

GO_ON = (
    "Your answer above was cut off. Continue it exactly where it stopped. "
    "Repeat nothing of it, and add no remark."
)


def mended(answer: Answer, course: Course) -> Answer:
    """Return an answer that mends itself, where route and call allow that."""
    mending, bridge = course.policy.mending, answer if isinstance(answer, Bridged) else None
    heard, chat = (bridge.inner, bridge.chat) if bridge else (answer, course.ask)
    plain = chat.endpoint == Endpoint.CHAT and chat.body.get("n") in (None, 1)
    if mending == Mending.OFF or not plain or not isinstance(heard, StreamedAnswer):
        return answer
    if mending == Mending.CONTINUE and chat.body.get("response_format"):
        return answer
    if bridge is None:
        return MendedAnswer(heard, course)
    if mending == Mending.CONTINUE and not any(_is_native(each, course) for each in course.rest):
        bridge.inner = MendedAnswer(heard, course, bridge)
    return answer


class MendedAnswer(Answer):
    """The answers of several targets, as one stream."""

    streams = True

    def __init__(
        self, first: StreamedAnswer, course: Course, bridge: Bridged | None = None
    ) -> None:
        """Begin with an answer that has begun; `bridge` tells it in another protocol."""
        super().__init__(first.upstream)
        self._bridge = bridge
        self.model = first.model
        self._current: Answer = first
        self._course = course
        self._told = _Said()

    async def parts(self) -> AsyncIterator[bytes]:
        while True:
            try:
                async for part in self._current.parts():
                    part = self._told.joined(part)
                    self.model = self._current.model
                    if part:
                        yield part
                return
            except GatewayError as error:
                notice = await self._go_on(error)
            yield notice

    async def _go_on(self, error: GatewayError) -> bytes:
        """Go on with the next target; return the event that says so. Raises `error` if none can."""
        said, mode = self._told, self._course.policy.mending
        if said.tools or not error.moves_on:
            raise error
        ask = self._course.ask
        if mode == Mending.CONTINUE:
            ask = _continued(ask, said.text)
        broken = self.upstream
        answer = await self._course.resume(ask, self._bridge or self._current, error)
        self._current = answer.inner if isinstance(answer, Bridged) else answer
        self.upstream = self._current.upstream
        said.resumed(anew=mode == Mending.RESTART)
        return said.notice(mode, _name(broken), _name(self.upstream), error.code)

    def usage(self, ask: Ask) -> Usage:
        """Return what the last target took; what the others did stands in the trace."""
        return self._current.usage(ask)


class _Said:
    """What was passed on so far, and the head that all events of one stream share."""

    def __init__(self) -> None:
        self.text = ""
        self.tools = False
        self._head: JSONDict = {}
        self._mends = False

    def joined(self, part: bytes) -> bytes:
        """Take in events; those of a later target get the head of the first and no second role."""
        kept = [self._event(each) for each in part.split(b"\n\n") if each]
        return b"".join(kept) if self._mends else part

    def resumed(self, *, anew: bool) -> None:
        """Expect another target's events from now on."""
        self._mends = True
        if anew:
            self.text = ""

    def notice(self, mode: str, broken: str, now: str, reason: str) -> bytes:
        """Return the event that says that another target goes on."""
        failover = {"mode": str(mode), "from": broken, "to": now, "reason": reason}
        choice = {"index": 0, "delta": {}, "finish_reason": None}
        return event_of({**self._head, "choices": [choice], "auterity": {"failover": failover}})

    def _event(self, event: bytes) -> bytes:
        data = data_of(event)
        try:
            told = parsed(data)
        except BadEvent:  # the end, or a remark
            return event + b"\n\n"
        if not self._head:
            names = ("id", "object", "created", "model")
            self._head = {name: told[name] for name in names if name in told}
        delta = _delta(told)
        self.tools = self.tools or bool(delta.get("tool_calls"))
        self.text += delta["content"] if isinstance(delta.get("content"), str) else ""
        if self._mends and "role" in delta and not delta.get("content"):
            return b""
        head = {name: value for name, value in self._head.items() if name != "model"}
        return event_of({**told, **head})


def _is_native(target: Target, course: Course) -> bool:
    """Whether a target answers in the asker's protocol itself, and not in a chat."""
    return speaks(target.upstream, course.ask.endpoint)


def _name(upstream: Upstream) -> str:
    return f"{upstream.provider}/{upstream.model}"


def _delta(told: JSONDict) -> JSONDict:
    choices: Any = told.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    delta = choice.get("delta") if isinstance(choice, dict) else None
    return delta if isinstance(delta, dict) else {}


def _continued(ask: Ask, text: str) -> Ask:
    """Return the call with what was said so far, and the wish to go on."""
    more = [{"role": "assistant", "content": text}, {"role": "user", "content": GO_ON}]
    name = "input" if ask.endpoint == Endpoint.RESPONSES else "messages"
    given = ask.body[name]
    said = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return replace(ask, body={**ask.body, name: [*said, *more]})

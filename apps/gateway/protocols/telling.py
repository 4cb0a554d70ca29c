"""A chat's answer told in another protocol: as blocks, one after the other, of one kind each."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum

from apps.common.ids import uuid7
from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.exceptions import NotAnAnswer
from apps.gateway.usage import Usage

Events = Iterator[JSONDict]


class Kind(Enum):
    """What a block holds."""

    THINKING = "thinking"
    TEXT = "text"
    REFUSAL = "refusal"
    CALL = "call"


# By the names that servers give them in a chat's message; of several names the first counts.
WORDS = {
    Kind.THINKING: ("reasoning_content", "reasoning"),
    Kind.TEXT: ("content",),
    Kind.REFUSAL: ("refusal",),
}


@dataclass
class Block:
    """A part of the answer; of a call, the words are its arguments."""

    kind: Kind
    place: int
    call_id: str = ""
    name: str = ""
    index: JSON = None  # of a call among the chat's
    parts: list[str] = field(default_factory=list)

    @property
    def words(self) -> str:
        """Everything that was said in it."""
        return "".join(self.parts)


class Teller(ABC):
    """Hears the parts of a chat and yields the events of another protocol that say the same."""

    def __init__(self, ask: Ask) -> None:
        """Tell what answers this call."""
        self.ask = ask
        self.model = ""
        self.finish = ""
        self.usage = Usage(0, 0)
        self.blocks: list[Block] = []
        self._is_open = False
        self._has_begun = False

    def take(self, told: JSONDict) -> Events:
        """Yield what a part of a chat, or a whole one, comes to. Raises NotAnAnswer."""
        if not self._has_begun:
            self._has_begun, self.model = True, str(told.get("model") or "")
            yield from self.begun()
        choices = told.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        message = choice.get("delta") or choice.get("message")
        if isinstance(message, dict):
            yield from self._hear(message)
        if isinstance(choice.get("finish_reason"), str):
            self.finish = choice["finish_reason"]

    def end(self, usage: Usage) -> Events:
        """Yield how it ends."""
        self.usage = usage
        yield from self._close()
        yield from self.ended()

    @abstractmethod
    def begun(self) -> Events:
        """Yield what is told before anything was said."""

    @abstractmethod
    def opened(self, block: Block) -> Events:
        """Yield that a block begins."""

    @abstractmethod
    def added(self, block: Block, words: str) -> Events:
        """Yield what was added to a block."""

    @abstractmethod
    def closed(self, block: Block) -> Events:
        """Yield that a block is complete."""

    @abstractmethod
    def ended(self) -> Events:
        """Yield that all is said."""

    @abstractmethod
    def whole(self) -> JSONDict:
        """Return the answer in one piece, once it has ended."""

    def _hear(self, message: JSONDict) -> Events:
        for kind, names in WORDS.items():
            if words := next(filter(None, (_words(message.get(name)) for name in names)), ""):
                yield from self._say(kind, words)
        for call in message.get("tool_calls") or ():
            if isinstance(call, dict):
                yield from self._call(call)

    def _say(self, kind: Kind, words: str) -> Events:
        if not self._is_open or self.blocks[-1].kind != kind:
            yield from self._open(Block(kind, len(self.blocks)))
        block = self.blocks[-1]
        block.parts.append(words)
        yield from self.added(block, words)

    def _call(self, call: JSONDict) -> Events:
        function = call.get("function")
        said = function if isinstance(function, dict) else {}
        if self._is_new(call):
            call_id = str(call.get("id") or f"call_{uuid7().hex}")
            block = Block(Kind.CALL, len(self.blocks), call_id, str(said["name"]))
            block.index = call.get("index")
            yield from self._open(block)
        if words := _words(said.get("arguments")):
            yield from self._say(Kind.CALL, words)

    def _is_new(self, call: JSONDict) -> bool:
        """Tell whether another call begins; some servers give all of theirs the same index."""
        last = self.blocks[-1] if self._is_open else None
        call_id = call.get("id")
        if last is not None and last.kind == Kind.CALL:
            goes_on = not call_id or call_id == last.call_id
            if goes_on and call.get("index") == last.index:
                return False
        if not (call.get("function") or {}).get("name"):
            raise NotAnAnswer("The model went on with a call of a tool after another had begun.")
        return True

    def _open(self, block: Block) -> Events:
        yield from self._close()
        self.blocks.append(block)
        self._is_open = True
        yield from self.opened(block)

    def _close(self) -> Events:
        if self._is_open:
            self._is_open = False
            yield from self.closed(self.blocks[-1])


def _words(value: JSON) -> str:
    """Return a text, or those of a list of parts, as some servers answer."""
    if isinstance(value, list):
        texts = (each.get("text") for each in value if isinstance(each, dict))
        return "".join(each for each in texts if isinstance(each, str))
    return value if isinstance(value, str) else ""

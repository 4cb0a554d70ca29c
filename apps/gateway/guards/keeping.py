"""What of a call is kept: its prompt as a provider saw it and its answer as it was told, masked once more."""

import json
from typing import Any

from apps.common.types import JSON, JSONDict
from apps.gateway.guards.bodies import redacted
from apps.gateway.guards.kinds import Action, Place
from apps.gateway.guards.policy import MASKED, Guards, Keeping, Rule
from apps.gateway.guards.redacting import Redactor
from apps.gateway.guards.standing_in import Placeholders
from apps.gateway.guards.streams import slots_of
from apps.gateway.guards.tally import Tally
from apps.gateway.upstreams.events import BadEvent, data_of, parsed

MOST_KEPT = 1 << 20  # bytes of an answer, and of a prompt
TOO_LARGE: JSONDict = {"left_out": "It is larger than what is kept of a call."}


def body_to_keep(
    asked: JSONDict, answered: bytes | None, keeping: Keeping, *, streams: bool
) -> JSONDict:
    """Return what is kept; `answered` is None where it is too large."""
    redactor = _masking(keeping)
    prompt = TOO_LARGE if len(json.dumps(asked)) > MOST_KEPT else redacted(asked, redactor)
    answer = TOO_LARGE if answered is None else _answer(answered, redactor, streams=streams)
    kept: JSONDict = {"asked": prompt, "answered": answer}
    for path in keeping.leave_out:
        _leave_out(kept, path.split("."))
    return kept


def _masking(keeping: Keeping) -> Redactor:
    """Return the rules of what is kept: whatever is not named there is masked."""
    masked = [group for group in MASKED if group not in keeping.unmasked]
    guards = Guards(**{str(group): Rule(input=Action.MASK) for group in masked})
    return Redactor(guards, Place.INPUT, Placeholders(), Tally())


def _answer(answered: bytes, redactor: Redactor, *, streams: bool) -> JSON:
    if not streams:
        told = json.loads(answered) if answered else {}
        return redacted(told, redactor) if isinstance(told, dict) else {}
    texts: dict[tuple[Any, ...], tuple[str, bool]] = {}
    for event in answered.split(b"\n\n"):
        for slot in _slots(event):
            said, _ = texts.get(slot.key, ("", False))
            texts[slot.key] = said + slot.holder[slot.field], slot.is_json
    return [
        {"part": _name(key), "text": redactor.text(text, is_json=is_json)}
        for key, (text, is_json) in texts.items()
        if text
    ]


def _slots(event: bytes) -> Any:
    try:
        return slots_of(parsed(data_of(event)), is_json=False)
    except BadEvent:
        return ()


def _name(key: tuple[Any, ...]) -> str:
    return " ".join(str(each) for each in key if each is not None)


def _leave_out(value: JSON, path: list[str]) -> None:
    """Take out what a path leads to; * stands for every name or place."""
    name, *rest = path
    if isinstance(value, list):
        places = range(len(value)) if name == "*" else [int(name)] if name.isdigit() else []
        for place in places:
            if rest and place < len(value):
                _leave_out(value[place], rest)
        if not rest:
            value[:] = [each for place, each in enumerate(value) if place not in places]
    elif isinstance(value, dict):
        for each in list(value) if name == "*" else [name] if name in value else []:
            if rest:
                _leave_out(value[each], rest)
            else:
                del value[each]

"""What in other people's texts tries to give a model orders: heuristics, which a determined author gets past."""

import re

from apps.gateway.guards.kinds import Kind
from apps.gateway.guards.recognisers import ALONE, ENDS, Recogniser

# Letters of the block of tags, which no screen shows and models read; flags of countries end with them.
TAGS = r"(?<!\U0001f3f4)(?<![\U000e0020-\U000e007f])[\U000e0000-\U000e007f]{1,10000}"
TURNED = r"[\u202d\u202e]"  # the order of the letters is overridden
RUN = r"[\u200b\u200c\u2060-\u2064\ufeff\ufe00-\ufe0e\U000e0100-\U000e01ef]{4,10000}"

HIDDEN = re.compile(f"{TAGS}|{TURNED}|{RUN}")

_ALL = r"(?:(?:all|any|every|each|of|the|your|these|those|my|our) ){0,3}"
_EARLIER = r"(?:previous|prior|above|earlier|preceding|existing|original|former|system|initial)"
_ORDERS = r"(?:instructions?|prompts?|rules|directions|guidelines|commands|messages?|context|constraints|programming)"
_NOUNS = (
    "instruction",
    "prompt",
    "rule",
    "direction",
    "guideline",
    "command",
    "message",
    "context",
    "constraint",
    "programming",
)


def _order(pattern: str, cues: tuple[str, ...], also: tuple[str, ...]) -> Recogniser:
    return Recogniser(Kind.OVERRIDE, ALONE + pattern, cues=cues, also=also, flags=re.IGNORECASE)


ORDERS = (
    Recogniser(
        Kind.CONTROL_MARK,
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text)\|>|"
        r"\[/?INST\]|<</?SYS>>|<(?:start|end)_of_turn>",
        cues=("|>", "inst]", "sys>>", "_of_turn>"),
        flags=re.IGNORECASE,
    ),
    _order(
        rf"(?:ignore|disregard|forget|override|bypass|do not follow|don't follow|stop following) "
        rf"{_ALL}(?:{_EARLIER}|all|your) {_ALL}(?:{_EARLIER} )?{_ORDERS}{ENDS}",
        ("ignore", "disregard", "forget", "override", "bypass", "follow"),
        _NOUNS,
    ),
    _order(
        r"(?:ignore|disregard|forget) (?:everything|anything|all|what)(?: \w{1,12}){0,3} (?:above|before|told)",
        ("ignore", "disregard", "forget"),
        ("above", "before", "told"),
    ),
    _order(
        rf"(?:reveal|print|show|repeat|output|leak|send)(?: me| us)? {_ALL}(?:system|hidden|secret|initial) "
        rf"(?:prompt|instructions?|message){ENDS}",
        ("system ", "hidden ", "secret ", "initial "),
        ("prompt", "instruction", "message"),
    ),
    _order(
        r"you are (?:now|no longer) (?:in )?"
        rf"(?:dan|developer mode|jailbroken|unrestricted|bound|restricted|an? ai without){ENDS}",
        ("you are now", "you are no longer"),
        ("",),
    ),
    _order(
        r"(?:do not|don't|never) (?:tell|inform|mention (?:this|it) to|alert|show this to) "
        rf"the user{ENDS}",
        ("the user",),
        ("tell", "inform", "mention", "alert", "show"),
    ),
    _order(
        r"new (?:system )?instructions?(?: for (?:you|the (?:ai|assistant|model)))?:",
        ("instruction",),
        ("new ",),
    ),
    Recogniser(
        Kind.OVERRIDE,
        rf"{ALONE}(?:ignorier(?:e|en sie)|vergiss|vergessen sie|missachte) (?:\w{{1,12}} ){{0,3}}(?:bisherigen|vorherigen|obigen|vorigen) "
        rf"(?:anweisungen|instruktionen|regeln|befehle)|"
        rf"{ALONE}(?:ignor(?:a|e|ez)|oublie[zr]?|olvida) (?:\w{{1,12}} ){{0,3}}(?:instructions?|instrucciones|consignes|reglas|règles)"
        rf"(?: \w{{1,12}}){{0,2}} (?:précédentes?|antérieures?|anteriores|previas)",
        cues=("ignor", "verg", "missachte", "oubli", "olvida"),
        also=(
            "anweisung",
            "instruktion",
            "regeln",
            "befehl",
            "instruc",
            "consigne",
            "reglas",
            "règles",
        ),
        flags=re.IGNORECASE,
    ),
)

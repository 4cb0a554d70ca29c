"""What a run withholds from the prompts of its steps."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.classification.services import rules_of
from apps.classification.veil import Veil, current
from apps.tenants.database import query


@dataclass(frozen=True)
class PromptVeil:
    """The veil over a run, and what its workspace says of the classes in it."""

    veil: Veil
    allowed: frozenset[str]  # on every route
    stays_out: frozenset[str]  # of which nothing is put back into answers
    keeps_nothing: bool  # of what is asked and answered

    def text(self, raw: str, allowed: frozenset[str], instead: Callable[[str, str], str]) -> str:
        """Return a text in which what is not allowed is exchanged; `instead` says for what."""
        return self.veil.exchanged(raw, self.allowed | allowed, instead)


async def over_prompts(*, answer_is_marked: bool = False) -> PromptVeil | None:
    """Return what prompts of the run in hand must not hold; None where it withholds nothing.

    Of an answer that is marked nothing is kept: what is to be withheld is known when it is whole.
    """
    veil = current()
    if veil is None or not (veil.is_active or answer_is_marked):
        return None
    classes = veil.classes
    keeps_nothing = veil.keeps_nothing or answer_is_marked
    if not classes and not keeps_nothing:
        return None
    rules = await query(rules_of, classes)
    return PromptVeil(veil, rules.in_prompts, rules.stays_out, keeps_nothing)

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

    @property
    def keeps_nothing(self) -> bool:
        """Whether nothing of what is asked and answered may be kept."""
        return self.veil.keeps_nothing

    def text(self, raw: str, allowed: frozenset[str], instead: Callable[[str, str], str]) -> str:
        """Return a text in which what is not allowed is exchanged; `instead` says for what."""
        return self.veil.exchanged(raw, self.allowed | allowed, instead)


async def over_prompts() -> PromptVeil | None:
    """Return what prompts of the run in hand must not hold; None where it withholds nothing."""
    veil = current()
    if veil is None or not veil.is_active:
        return None
    classes = veil.classes
    if not classes and not veil.keeps_nothing:
        return None
    rules = await query(rules_of, classes)
    return PromptVeil(veil, rules.in_prompts, rules.stays_out)

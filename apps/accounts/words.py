"""Words that whoever guesses passwords here tries first: those of the product, and of the workspace."""

import re

from django.core.exceptions import ValidationError

from apps.accounts.models import User
from apps.tenants.context import NoTenant, current_scope

WORDS = ("auterity", "automation", "company", "password", "welcome", "workflow", "workspace")
SHORTEST_WORD = 4  # letters of a word of the workspace's name
LEAST_BESIDE = 8  # characters that a password has besides such words


class ContextWords:
    """Refuses what consists of little more than such words, in small or capital letters."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError where too little is left without the words."""
        whole = rest = password.casefold()
        for word in sorted((*WORDS, *words_here()), key=len, reverse=True):
            rest = rest.replace(word, "")
        if rest != whole and len(rest) < LEAST_BESIDE:
            raise ValidationError(self.get_help_text(), code="password_of_usual_words")

    def get_help_text(self) -> str:
        """Return what a password may not be."""
        return (
            "The password says little more than the name of the workspace or the product. "
            f"Add at least {LEAST_BESIDE} other characters."
        )


def words_here() -> set[str]:
    """Return the words by which the workspace is called; none outside of one."""
    try:
        tenant = current_scope().tenant
    except NoTenant:
        return set()
    names = f"{tenant.slug} {tenant.name}".casefold() if tenant else ""
    return {word for word in re.findall(r"[^\W_]+", names) if len(word) >= SHORTEST_WORD}

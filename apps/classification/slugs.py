"""How a class of data is called in definitions and placeholders."""

from typing import Annotated

from pydantic import AfterValidator, Field

SLUG = r"^[a-z][a-z0-9-]{0,30}$"

# Of what is withheld whole, and of a page.
RESERVED = frozenset({"payload", "many", "new"})


def _is_free(slug: str) -> str:
    if slug in RESERVED:
        raise ValueError(f"“{slug}” is a word of the product.")
    return slug


DataClassSlug = Annotated[str, Field(pattern=SLUG), AfterValidator(_is_free)]

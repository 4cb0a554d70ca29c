"""How a class of data is called in definitions and placeholders."""

from typing import Annotated

from pydantic import Field

SLUG = r"^[a-z][a-z0-9-]{0,30}$"

DataClassSlug = Annotated[str, Field(pattern=SLUG)]

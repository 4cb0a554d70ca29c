"""What a version of a prompt consists of, and how its variables are filled in."""

import hashlib
import json
import re
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from apps.common.types import JSON, JSONDict
from apps.gateway.exceptions import BadVariables
from apps.gateway.prompts.exceptions import BadPrompt

PLACE = re.compile(r"\{\{\s*([a-z][a-z0-9_]{0,62})\s*\}\}")
MOST_MESSAGES, MOST_VARIABLES, LONGEST = 50, 50, 100_000
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]


class Role(StrEnum):
    """Who says something."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


ROLES = [(each.value, each.value) for each in Role]


class Type(StrEnum):
    """What a variable holds."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    JSON = "json"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Message(_Part):
    """One message; `{{ name }}` stands for a variable."""

    role: Role
    content: Words


class Variable(_Part):
    """What is filled in; without a value the default counts, and one that is required must come."""

    name: Name
    type: Type = Type.TEXT
    required: bool = True
    default: Any = None
    description: str = Field("", max_length=300)


class Params(_Part):
    """How the model is asked, unless the step says otherwise."""

    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=1_000_000)


class Content(_Part):
    """A version's messages, variables and parameters."""

    messages: tuple[Message, ...] = Field(min_length=1, max_length=MOST_MESSAGES)
    variables: tuple[Variable, ...] = Field((), max_length=MOST_VARIABLES)
    params: Params = Params()

    @classmethod
    def of(cls, data: JSONDict) -> Self:
        """Return checked content; variables that are named and not described are required texts.

        Raises BadPrompt with an entry for each field.
        """
        try:
            found = cls.model_validate(data)
            named = {each.name: each for each in found.variables}
            missing = [each for each in found.named() if each not in named]
            extended = [*found.variables, *(Variable(name=each) for each in missing)]
            content = cls.model_validate({**found.model_dump(), "variables": extended})
        except ValidationError as error:
            raise BadPrompt(errors=[_told(each) for each in error.errors()]) from None
        content.check()
        return content

    def check(self) -> None:
        """Raise BadPrompt where two variables have one name, or a default is of another type."""
        seen: set[str] = set()
        for place, each in enumerate(self.variables):
            if each.name in seen:
                message = f"Two variables are named {each.name}."
                raise BadPrompt.at(f"variables.{place}.name", message)
            seen.add(each.name)
            if each.default is not None and not _fits(each.default, each.type):
                message = f"This is no {each.type}."
                raise BadPrompt.at(f"variables.{place}.default", message)

    def named(self) -> list[str]:
        """Return the variables that the messages name, in order."""
        found = (name for each in self.messages for name in PLACE.findall(each.content))
        return list(dict.fromkeys(found))

    @property
    def words(self) -> str:
        """All that is said, to be searched."""
        return "\n\n".join(each.content for each in self.messages)

    def stored(self) -> JSONDict:
        """Return it as a version keeps it."""
        return self.model_dump(mode="json")

    def sha256(self) -> str:
        """Return the hash by which equal contents are known."""
        text = json.dumps(self.stored(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()

    def filled(self, values: JSONDict) -> list[JSONDict]:
        """Return the messages with the values in their places. Raises BadVariables."""
        texts = self._texts(values)
        return [
            {
                "role": each.role.value,
                "content": PLACE.sub(lambda found: texts.get(found[1], found[0]), each.content),
            }
            for each in self.messages
        ]

    def _texts(self, values: JSONDict) -> dict[str, str]:
        known = {each.name for each in self.variables}
        if unknown := sorted(set(values) - known):
            has = ", ".join(sorted(known)) or "none"
            raise BadVariables(f"It has no variable named {unknown[0]}; it has: {has}.")
        return {each.name: _text(each, values.get(each.name)) for each in self.variables}


def _text(variable: Variable, value: JSON) -> str:
    value = variable.default if value is None or value == "" else value
    if value is None:
        if variable.required:
            raise BadVariables(f"The variable {variable.name} has no value.")
        return ""
    if not _fits(value, variable.type):
        raise BadVariables(f"The variable {variable.name} wants a {variable.type}.")
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fits(value: JSON, kind: Type) -> bool:
    match kind:
        case Type.TEXT:
            return isinstance(value, str | int | float)
        case Type.NUMBER:
            return isinstance(value, int | float) and not isinstance(value, bool)
        case Type.BOOLEAN:
            return isinstance(value, bool)
        case _:
            return True


def _told(entry: Any) -> JSONDict:
    field = ".".join(str(each) for each in entry["loc"])
    return {"field": field, "message": f"{entry['msg']}.", "code": "invalid"}

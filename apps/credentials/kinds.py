"""The kinds of credentials: what each consists of, and how it is sent.

A kind is a schema. Its secret fields are sealed and never shown; the others, such as the name of a
header, tell people which credential this is.
"""

import base64
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import model_validator as validator

from apps.common.types import JSON, JSONDict
from apps.credentials.exceptions import BadCredential

LEAST_SHOWN = 12  # of a shorter text the last four signs would be too much
MOST_HEADERS, LONGEST = 20, 8_192
# Headers that say how the request itself is sent: a credential has nothing to say there.
NOT_OURS = frozenset(
    {
        "connection", "content-length", "content-type", "expect", "host", "keep-alive", "te",
        "trailer", "transfer-encoding", "upgrade",
    }
)  # fmt: skip

Token = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[\x21-\x7e]+$", strip_whitespace=True)
]  # fmt: skip
Words = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Person = Annotated[
    str, StringConstraints(min_length=1, max_length=LONGEST, pattern=r"^[^:\x00-\x1f\x7f]+$")
]
Name = Annotated[
    str,
    StringConstraints(
        max_length=128, pattern=r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$", strip_whitespace=True
    ),
]
Parameter = Annotated[
    str, StringConstraints(max_length=128, pattern=r"^[A-Za-z0-9_.~\[\]-]+$", strip_whitespace=True)
]
# What a person is told where pydantic would recite the pattern.
TOLD = {
    "string_pattern_mismatch": "It holds signs that cannot be sent there.",
    "string_too_short": "Fill it in.",
    "string_too_long": "It is too long.",
    "missing": "Fill it in.",
    "extra_forbidden": "This kind has no such field.",
}


def secret(title: str, **options: Any) -> Any:
    """Return a field that is sealed, and goes in only."""
    return Field(
        title=title, json_schema_extra={"writeOnly": True, "format": "password"}, **options
    )


class Kind(BaseModel):
    """What a credential consists of. Subclasses say how it is sent."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    name: ClassVar[str]
    label: ClassVar[str]
    icon: ClassVar[str]
    about: ClassVar[str]
    main: ClassVar[str]  # the field that holds the secret
    tells_end: ClassVar[bool] = True  # whether the last four signs may be shown
    do_not_call_in_templates: ClassVar[bool] = True  # a template would make one

    def headers(self) -> dict[str, str]:
        """Return the headers that are sent."""
        return {}

    def params(self) -> dict[str, str]:
        """Return the parameters that are sent in the address."""
        return {}

    def secrets(self) -> Iterator[str]:
        """Yield the texts that no answer may show, in each form in which they are sent."""
        yield str(getattr(self, self.main))
        yield from self.headers().values()

    def shown(self) -> JSONDict:
        """Return what people may see."""
        return self.model_dump(mode="json", exclude=self.hidden())

    def sealed(self) -> JSONDict:
        """Return what nobody may see."""
        return self.model_dump(include=self.hidden())

    @classmethod
    def refers(cls) -> bool:
        """Tell whether the secret may be kept elsewhere: one that is a single text."""
        return cls.main in cls.model_json_schema(by_alias=True)["properties"]

    @property
    def last4(self) -> str:
        """The last four signs of a secret that is long enough to show them."""
        value = getattr(self, self.main)
        return value[-4:] if self.tells_end and len(value) >= LEAST_SHOWN else ""

    @classmethod
    def hidden(cls) -> set[str]:
        """Return the names of the secret fields."""
        extras = {name: each.json_schema_extra for name, each in cls.model_fields.items()}
        return {
            name
            for name, extra in extras.items()
            if isinstance(extra, dict) and extra.get("writeOnly")
        }

    @classmethod
    def of(cls, values: JSON) -> Self:
        """Return checked values. Raises BadCredential with an entry for each field."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadCredential(errors=[_told(each) for each in error.errors()]) from None


class Bearer(Kind):
    """A token that is sent as `Authorization: Bearer`."""

    name, label, icon, main = "bearer", "Bearer token", "shield-check", "token"
    about = "Sent as Authorization: Bearer"

    token: Token = secret("Token")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Basic(Kind):
    """A user and a password, as HTTP itself knows them."""

    name, label, icon, main = "basic", "User and password", "user", "password"
    about = "Sent as Authorization: Basic"
    tells_end = False

    username: Person = Field(title="User")
    password: Words = secret("Password")

    def headers(self) -> dict[str, str]:
        pair = base64.b64encode(f"{self.username}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}

    def secrets(self) -> Iterator[str]:
        yield from super().secrets()
        yield self.headers()["Authorization"].removeprefix("Basic ")


class HeaderKey(Kind):
    """A key that is sent in a header of its own."""

    name, label, icon, main = "header", "API key in a header", "key-round", "value"
    about = "Sent in a header such as X-API-Key"

    header: Name = Field("X-API-Key", title="Header")
    value: Words = secret("Key")

    @validator(mode="after")
    def _checked(self) -> Self:
        _check_header(self.header)
        return self

    def headers(self) -> dict[str, str]:
        return {self.header: self.value}


class QueryKey(Kind):
    """A key that is sent in the address, for services that know no other way."""

    name, label, icon, main = "query", "API key in the address", "link", "value"
    about = "Sent as a parameter of the address"

    parameter: Parameter = Field("api_key", title="Parameter")
    value: Words = secret("Key")

    def params(self) -> dict[str, str]:
        return {self.parameter: self.value}


class Headers(Kind):
    """Several headers together."""

    name, label, icon, main = "headers", "Custom headers", "layers", "headers_"
    about = "Several headers, such as an id and a secret"
    tells_end = False

    names: tuple[str, ...] = Field((), title="Headers", json_schema_extra={"readOnly": True})
    headers_: dict[Name, Words] = secret(
        "Headers", alias="headers", min_length=1, max_length=MOST_HEADERS
    )

    @validator(mode="after")
    def _named(self) -> Self:
        for each in self.headers_:
            _check_header(each)
        if len({each.lower() for each in self.headers_}) < len(self.headers_):
            raise ValueError("Two headers have one name.")
        object.__setattr__(self, "names", tuple(self.headers_))
        return self

    def headers(self) -> dict[str, str]:
        return dict(self.headers_)

    def secrets(self) -> Iterator[str]:
        yield from self.headers_.values()

    def sealed(self) -> JSONDict:
        return {"headers": dict(self.headers_)}


KINDS: Mapping[str, type[Kind]] = {
    each.name: each for each in (Bearer, Basic, HeaderKey, QueryKey, Headers)
}
CHOICES = [(name, kind.label) for name, kind in KINDS.items()]


def kind_called(name: str) -> type[Kind]:
    """Return a kind. Raises BadCredential."""
    if name not in KINDS:
        known = ", ".join(KINDS)
        raise BadCredential.at("kind", f"There is no kind “{name[:40]}”. Known: {known}.")
    return KINDS[name]


def described() -> list[JSONDict]:
    """Return the kinds as data, for forms that are made from them."""
    return [
        {
            "name": kind.name, "label": kind.label, "icon": kind.icon, "about": kind.about,
            "refers": kind.refers(),
            "schema": kind.model_json_schema(by_alias=True),
        }
        for kind in KINDS.values()
    ]  # fmt: skip


def _check_header(name: str) -> None:
    if name.lower() in NOT_OURS or re.match(r"(?i)(proxy|sec)-", name):
        raise ValueError(f"The header {name} is not for credentials.")


def _told(entry: Any) -> JSONDict:
    field = ".".join(["values", *(str(each) for each in entry["loc"])])
    said = entry["msg"].removeprefix("Value error, ")
    return {"field": field, "message": TOLD.get(entry["type"], said), "code": "invalid"}

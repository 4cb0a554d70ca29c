"""What names a secret that is kept elsewhere: where it is, and what opens the door there."""

from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from pydantic import field_validator as field_check
from pydantic import model_validator as validator
from yarl import URL

from apps.common.types import JSON, JSONDict
from apps.credentials.exceptions import BadCredential
from apps.credentials.kinds import TOLD
from apps.egress import client as egress
from apps.egress.exceptions import EgressError

PLAIN = r"^[A-Za-z0-9_][A-Za-z0-9_. -]*(/[A-Za-z0-9_][A-Za-z0-9_. -]*)*$"
Path = Annotated[
    str, StringConstraints(min_length=1, max_length=500, pattern=PLAIN, strip_whitespace=True)
]
Word = Annotated[str, StringConstraints(max_length=200, strip_whitespace=True)]
Secret = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=4096, pattern=r"^[\x21-\x7e]+$", strip_whitespace=True
    ),
]


class Reference(BaseModel):
    """Where a secret is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    source: ClassVar[str]

    def shown(self) -> JSONDict:
        """Return what people may see."""
        return self.model_dump(exclude={"secret"})

    def sealed(self) -> JSONDict:
        """Return what nobody may see."""
        return {}

    @classmethod
    def of(cls, told: JSON) -> Self:
        """Return a checked reference. Raises BadCredential with an entry for each field."""
        try:
            return cls.model_validate(told)
        except ValidationError as error:
            raise BadCredential(errors=[_told(each) for each in error.errors()]) from None


class VaultReference(Reference):
    """A field of a secret in HashiCorp Vault's KV engine, version 2.

    It is read with a token, or with an AppRole where a role id is given.
    """

    source = "vault"

    address: Word = Field(title="Address of Vault")
    mount: Path = Field("secret", title="Mount")
    path: Path = Field(title="Path")
    field: Word = Field("value", title="Field", min_length=1)
    namespace: Word = Field("", title="Namespace", pattern=r"^[A-Za-z0-9_./-]*$")
    role_id: Word = Field("", title="Role id", pattern=r"^[\x21-\x7e]*$")
    # Of the AppRole, or the token itself.
    secret: Secret = Field(title="Token or secret id", json_schema_extra={"writeOnly": True})

    @field_check("address")
    @classmethod
    def _https(cls, address: str) -> str:
        """Take an origin alone, over https unless the operator excepts it."""
        try:
            egress.origin_of(address)
        except EgressError as error:
            raise ValueError(str(error)) from error
        url = URL(address)
        if url.raw_path not in ("", "/") or url.query or url.fragment:
            raise ValueError("Write the address without a path, such as https://vault.example.com.")
        if url.scheme != "https" and not egress.is_excepted(url):
            raise ValueError("A token may only be sent over https://.")
        return str(url.origin())

    @validator(mode="after")
    def _plain(self) -> Self:
        if any(part in (".", "..") for part in (*self.mount.split("/"), *self.path.split("/"))):
            raise ValueError("A path holds no “.” or “..”.")
        return self

    def sealed(self) -> JSONDict:
        return {"secret": self.secret}


class EnvReference(Reference):
    """A variable of the operator's environment, of those that are lent to the workspace."""

    source = "env"

    name: Word = Field(title="Variable", min_length=1)


def reference_of(told: JSONDict) -> VaultReference | EnvReference:
    """Return a checked reference; its `source` is `vault` or `env`. Raises BadCredential."""
    rest = {name: value for name, value in told.items() if name != "source"}
    match told.get("source", VaultReference.source):
        case VaultReference.source:
            return VaultReference.of(rest)
        case EnvReference.source:
            return EnvReference.of(rest)
    raise BadCredential.at("reference.source", "Choose one of: vault, env.")


def _told(entry: Any) -> JSONDict:
    field = ".".join(["reference", *(str(each) for each in entry["loc"])])
    said = entry["msg"].removeprefix("Value error, ")
    return {"field": field, "message": TOLD.get(entry["type"], said), "code": "invalid"}

"""What each kind of stream needs to know, without its secret."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from apps.common.types import JSONDict
from apps.egress.client import origin_of
from apps.egress.exceptions import EgressError
from apps.oversight.exceptions import BadStream


def _address(text: str) -> str:
    try:
        origin_of(text)
    except EgressError as error:
        raise ValueError(str(error)) from None
    return text


Address = Annotated[str, Field(max_length=1000), AfterValidator(_address)]


class Config(BaseModel):
    """A config knows all of its fields."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class WebhookConfig(Config):
    """An address that gets each batch as JSON, signed."""

    url: Address


class SyslogConfig(Config):
    """A collector of RFC 5424 messages, each counted in octets, over TLS or bare TCP."""

    host: str = Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$|^[0-9a-f:]{3,39}$")
    port: int = Field(6514, ge=1, le=65535)
    tls: bool = True


class BucketConfig(Config):
    """A bucket of an S3-compatible store that gets each batch as an object of its own."""

    endpoint: Address
    region: str = Field("us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    folder: str = Field("", pattern=r"^([A-Za-z0-9._-]{1,80}/){0,8}$")
    access_key: str = Field(min_length=3, max_length=128, pattern=r"^[!-~]+$")


CONFIGS: dict[str, type[Config]] = {
    "webhook": WebhookConfig,
    "syslog": SyslogConfig,
    "s3": BucketConfig,
}
NEEDS_SECRET = frozenset({"webhook", "s3"})


def checked(kind: str, config: JSONDict) -> JSONDict:
    """Return a config with its defaults. Raises BadStream naming each field that does not fit."""
    try:
        return CONFIGS[kind].model_validate(config).model_dump()
    except ValidationError as error:
        raise BadStream(errors=[_told(each) for each in error.errors()]) from None


def place_of(kind: str, config: JSONDict) -> str:
    """Return where a stream goes, for people."""
    if kind == "syslog":
        return f"{'tls' if config['tls'] else 'tcp'}://{config['host']}:{config['port']}"
    if kind == "s3":
        return f"{urlsplit(config['endpoint']).netloc}/{config['bucket']}/{config['folder']}"
    return str(config["url"])


def _told(error: Any) -> JSONDict:
    field = ".".join(str(part) for part in error["loc"]) or "config"
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"field": field, "message": message, "code": "invalid"}

"""Entity tags: a change of what was changed since is refused, and what is known is not sent again."""

from apps.directory.exceptions import Versioned
from apps.directory.scim.endpoint import Call
from apps.directory.scim.representing import tag


def check_version(call: Call, version: int) -> None:
    """Raise Versioned where the request is about another version than there is."""
    wanted = call.request.headers.get("If-Match", "")
    if wanted and not _names(wanted, version):
        raise Versioned


def is_known(call: Call, version: int) -> bool:
    """Tell whether the client has this version already."""
    known = call.request.headers.get("If-None-Match", "")
    return bool(known) and _names(known, version)


def _names(header: str, version: int) -> bool:
    """Compare as RFC 9110 compares weak tags."""
    wanted = {each.strip().removeprefix("W/") for each in header.split(",")}
    return "*" in wanted or tag(version).removeprefix("W/") in wanted

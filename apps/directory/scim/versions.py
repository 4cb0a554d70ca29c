"""Entity tags: a change of what was changed since is refused, and what is known is not sent again."""

from http import HTTPStatus

from apps.directory.exceptions import Versioned
from apps.directory.scim.endpoint import Answer, Call
from apps.directory.scim.representing import tag


def check_version(call: Call, version: int) -> None:
    """Raise Versioned where the request would change another version than there is."""
    wanted = "" if call.reads else call.request.headers.get("If-Match", "")
    if wanted and not _names(wanted, version):
        raise Versioned


def not_modified(call: Call, version: int) -> Answer | None:
    """Return the answer to a client that has this version already."""
    known = call.request.headers.get("If-None-Match", "")
    if not known or not _names(known, version):
        return None
    return Answer("Nothing changed since.", status=HTTPStatus.NOT_MODIFIED)


def _names(header: str, version: int) -> bool:
    """Compare as RFC 9110 compares weak tags."""
    wanted = {each.strip().removeprefix("W/") for each in header.split(",")}
    return "*" in wanted or tag(version).removeprefix("W/") in wanted

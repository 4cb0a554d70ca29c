"""Why a directory is not followed, in words for its administrator, with the names of RFC 7644."""

from http import HTTPStatus
from typing import ClassVar

from apps.common.errors import Conflict, DomainError, Forbidden


class ScimError(DomainError):
    """The request cannot be carried out."""

    scim_type: ClassVar[str] = ""


class InvalidFilter(ScimError):
    """The filter cannot be read, or asks for what cannot be searched."""

    code, scim_type = "invalid_filter", "invalidFilter"


class InvalidSyntax(ScimError):
    """The body has not the form that this request needs."""

    code, scim_type = "invalid_syntax", "invalidSyntax"


class InvalidPath(ScimError):
    """The path names no attribute that is kept here."""

    code, scim_type = "invalid_path", "invalidPath"


class InvalidValue(ScimError):
    """A value is missing, or is not one that this attribute can have."""

    code, scim_type = "invalid_value", "invalidValue"


class NoTarget(ScimError):
    """The path finds nothing that could be changed."""

    code, scim_type = "no_target", "noTarget"


class ReadOnly(ScimError):
    """This attribute is ours to set."""

    code, scim_type = "read_only", "mutability"


class NotUnique(ScimError):
    """There is another one of this name already."""

    status, code, scim_type = HTTPStatus.CONFLICT, "not_unique", "uniqueness"


class OutsideDomains(InvalidValue):
    """The e-mail address lies outside the domains of this connection."""

    code = "outside_domains"


class Versioned(ScimError):
    """This was changed since you read it. Read it again and repeat your change."""

    status, code = HTTPStatus.PRECONDITION_FAILED, "version"


class OwnersStay(Forbidden):
    """Owners are changed here, by owners, and by no directory. Give this person another role first."""

    code = "owners_stay"


class BeyondCap(Forbidden):
    """This would give more than the directory may give."""

    code = "beyond_cap"


class SwitchedOff(Forbidden):
    """Provisioning is not switched on yet: an owner of the workspace does it on the page of the directory."""

    code = "switched_off"


class TooManyTokens(Conflict):
    """There are as many tokens as can be used at a time. Revoke one first."""

    code = "too_many_tokens"


class NeedsProvedDomain(Conflict):
    """Prove a domain and choose this connection for it first: only its addresses are kept by the directory."""

    code = "needs_domain"

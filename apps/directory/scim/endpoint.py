"""The frame of every SCIM request: the token, the handler of the method, the answer, the note of it."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from apps.accounts.decorators import public_page
from apps.common.errors import DomainError, TooLarge
from apps.common.parsing import MAX_BODY, parse_json
from apps.common.problems import as_domain_error
from apps.common.types import JSON, JSONDict
from apps.directory import exchanges
from apps.directory.exceptions import ScimError, SwitchedOff
from apps.directory.models import Directory, Token
from apps.directory.scim.authentication import check_usable, token_of

MEDIA = "application/scim+json"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"
READS = frozenset({"GET"})


@dataclass
class Call:
    """A request of a directory; `about` is whom or what it turns out to be about."""

    request: HttpRequest
    token: Token
    about: str = ""

    @property
    def directory(self) -> Directory:
        """The directory that asks."""
        return self.token.directory

    @property
    def reads(self) -> bool:
        """Whether it changes nothing; what may change is locked before it is looked at."""
        return self.request.method in READS

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address, by lower-case name."""
        return {name.lower(): str(value) for name, value in self.request.GET.items()}

    def body(self) -> JSON:
        """Return what was sent. Raises BadJSON, TooLarge."""
        raw = self.request.read(MAX_BODY + 1)  # whatever is said of its length, or nothing
        if len(raw) > MAX_BODY:
            raise TooLarge(f"The body is larger than {MAX_BODY >> 10} KiB.")
        return parse_json(raw)

    def url(self, path: str) -> str:
        """Return an address of ours."""
        return self.request.build_absolute_uri(f"/scim/v2{path}")


@dataclass
class Answer:
    """What a request is answered, and what that is in words."""

    words: str
    body: JSONDict | None = None
    status: int = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)


Handler = Callable[..., Answer]
View = Callable[..., HttpResponse]


def endpoint(**handlers: Handler) -> View:
    """Return a view that serves these methods to whoever shows a token of a directory here."""

    @public_page  # the token is asked for below: it stands for no member
    @csrf_exempt
    @never_cache
    def view(request: HttpRequest, **args: Any) -> HttpResponse:
        handler = handlers.get(request.method or "")
        if handler is None:
            return HttpResponseNotAllowed(list(handlers))
        try:
            token = token_of(request)
        except DomainError as error:
            return _refused(error)
        return _served(Call(request, token), handler, args)

    return view


def _served(call: Call, handler: Handler, args: dict[str, Any]) -> HttpResponse:
    """Carry a request out, and note what came of it whatever that is."""
    try:
        check_usable(call.token)
        if not call.reads and not call.directory.is_on:
            raise SwitchedOff
        with nullcontext() if call.reads else transaction.atomic():
            answer = handler(call, **args)
    except Exception as error:
        domain = as_domain_error(error)
        if domain is None:
            _note(
                call, HTTPStatus.INTERNAL_SERVER_ERROR, "This failed on our side. Try again later."
            )
            raise
        _note(call, domain.status, domain.detail)
        return _refused(domain)
    _note(call, answer.status, answer.words)
    return _response(answer.body, answer.status, answer.headers)


def _note(call: Call, status: int, words: str) -> None:
    request = call.request
    exchanges.note(
        call.token, method=request.method or "", path=request.path.removeprefix("/scim/v2"), status=status,
        about=call.about, words=words,
    )  # fmt: skip


def _refused(error: DomainError) -> HttpResponse:
    body: JSONDict = {"schemas": [ERROR], "status": str(int(error.status)), "detail": error.detail}
    kind = _kind(error)
    if kind:
        body["scimType"] = kind
    return _response(body, error.status, error.headers)


def _kind(error: DomainError) -> str:
    """Return the name that RFC 7644 has for what went wrong."""
    if isinstance(error, ScimError):
        return error.scim_type
    return {"bad_json": "invalidSyntax", "conflict": "uniqueness"}.get(error.code, "")


def _response(body: JSONDict | None, status: int, headers: dict[str, str]) -> HttpResponse:
    content = b"" if body is None else json.dumps(body).encode()
    answer = HttpResponse(content, status=status, content_type=MEDIA, headers=headers)
    answer["X-Content-Type-Options"] = "nosniff"
    return answer

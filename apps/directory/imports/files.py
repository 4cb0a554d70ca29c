"""Exports of Auth0 and Clerk, read as their services write them: JSON, a line for each person, or CSV."""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from apps.common.errors import DomainError, Invalid
from apps.common.parsing import parse_json
from apps.directory.models import PeopleImport

LARGEST, MOST = 8 << 20, 10_000
# The salt's last sign stands for two bits: what fills it otherwise, the library refuses to compute.
BCRYPT = re.compile(r"^\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}$")
TRUTHS = frozenset({"true", "1", "yes"})
Source = PeopleImport.Source
Record = Mapping[str, Any]


class UnreadableFile(Invalid):
    """This file is no export of Auth0 or Clerk that can be read."""

    code = "unreadable_file"


@dataclass(frozen=True)
class Candidate:
    """Somebody as an export tells of them. `hashed` is their password, of whatever kind."""

    email: str
    name: str
    verified: bool
    blocked: bool
    hashed: str = ""

    @property
    def password(self) -> str:
        """The hash as it is stored here; empty for one that cannot be taken over."""
        return f"bcrypt${self.hashed}" if BCRYPT.match(self.hashed) else ""


def read(raw: bytes) -> tuple[PeopleImport.Source, list[Candidate]]:
    """Return whose export it is and who is in it. Raises UnreadableFile."""
    if len(raw) > LARGEST:
        raise UnreadableFile(f"A file can have {LARGEST >> 20} MiB. Split it.")
    try:
        records = _records(raw.removeprefix(b"\xef\xbb\xbf").strip())
        source = _source(records)
    except (DomainError, csv.Error, UnicodeDecodeError) as error:
        raise error if isinstance(error, UnreadableFile) else UnreadableFile(f"The file cannot be read: {error}") from error  # fmt: skip
    reader = _of_auth0 if source is Source.AUTH0 else _of_clerk
    return source, [reader(each) for each in records]


def _records(raw: bytes) -> list[Record]:
    found: list[Any] = []
    for each in _each(raw):
        found.append(each)
        if len(found) > MOST:
            raise UnreadableFile(f"A file can have {MOST:,} people. Split it.")
    if not found or not all(isinstance(each, Mapping) for each in found):
        raise UnreadableFile
    return found


def _each(raw: bytes) -> Iterator[Any]:
    if raw.startswith(b"["):
        whole = parse_json(raw)
        yield from whole if isinstance(whole, list) else []
    elif raw.startswith(b"{"):
        yield from (parse_json(line) for line in raw.splitlines() if line.strip())
    else:
        if b"\0" in raw:
            raise UnreadableFile(
                "The file holds a NUL character, which cannot be stored. Remove it."
            )
        yield from csv.DictReader(io.StringIO(raw.decode()), strict=True)


def _source(records: list[Record]) -> PeopleImport.Source:
    names = {str(name) for each in records[:50] for name in each}
    if names & {"email_addresses", "primary_email_address", "primary_email_address_id"}:
        return Source.CLERK
    if "email" in names and names & {"user_id", "_id", "email_verified", "passwordHash"}:
        return Source.AUTH0
    raise UnreadableFile


def _of_auth0(record: Record) -> Candidate:
    custom = _inner(_inner(record.get("custom_password_hash")).get("hash"))
    names = (record.get("name"), _both(record.get("given_name"), record.get("family_name")), record.get("nickname"))  # fmt: skip
    return Candidate(
        email=_text(record.get("email")),
        name=_first(names),
        verified=_is_true(record.get("email_verified")),
        blocked=_is_true(record.get("blocked")),
        hashed=_text(record.get("passwordHash") or record.get("password_hash") or custom.get("value")),
    )  # fmt: skip


def _of_clerk(record: Record) -> Candidate:
    email, verified = _address_of_clerk(record)
    names = (_both(record.get("first_name"), record.get("last_name")), record.get("username"))
    is_bcrypt = _text(record.get("password_hasher") or "bcrypt").lower() == "bcrypt"
    return Candidate(
        email=email,
        name=_first(names),
        verified=verified,
        blocked=_is_true(record.get("banned")) or _is_true(record.get("locked")),
        hashed=_text(record.get("password_digest")) if is_bcrypt else "not bcrypt",
    )


def _address_of_clerk(record: Record) -> tuple[str, bool]:
    """Return the primary address and whether it was verified, from either form of the export."""
    listed = record.get("email_addresses")
    if not isinstance(listed, list):
        primary = _text(record.get("primary_email_address"))
        verified = _text(record.get("verified_email_addresses")).lower()
        return primary, primary.lower() in re.split(r"[\s,;|\[\]\"']+", verified)
    given = [each for each in listed if isinstance(each, Mapping)]
    wanted = record.get("primary_email_address_id")
    best = next((each for each in given if each.get("id") == wanted), next(iter(given), {}))
    status = _inner(best.get("verification")).get("status")
    return _text(best.get("email_address")), status == "verified"


def _inner(value: Any) -> Record:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _both(first: Any, last: Any) -> str:
    return f"{_text(first)} {_text(last)}".strip()


def _first(values: Any) -> str:
    return next((_text(each) for each in values if _text(each)), "")


def _is_true(value: Any) -> bool:
    return value is True or (isinstance(value, str) and value.lower() in TRUTHS)

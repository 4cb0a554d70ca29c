"""Keys as text, `<kind>_<8 characters of id>_<secret>`: those to the API are `aut_…`."""

import re
import secrets

from django.utils.crypto import constant_time_compare, salted_hmac

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
API_KEY = "aut"
PATTERN = re.compile(r"([a-z]+)_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
NOBODYS_HASH = "0" * 64
NOBODYS_HASHES = ("", "")


def new_key() -> tuple[str, str]:
    """Return the id and the secret of a new key."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8)), secrets.token_urlsafe(32)


def hash_secret(secret: str, *, purpose: str = "api-key") -> str:
    """Return the keyed hash under which a secret is stored."""
    return salted_hmac(f"accounts.{purpose}", secret, algorithm="sha256").hexdigest()


def same(hashed: str, stored: str | None) -> bool:
    """Compare whole and in constant time; with nothing stored the same work is done in vain."""
    return constant_time_compare(hashed, stored or NOBODYS_HASH) and bool(stored)


def opens(hashed: str, stored: tuple[str, str]) -> bool:
    """Compare with the hashes of a key's secret and of the one before; both, whatever is found."""
    now, before = stored
    return same(hashed, now) | same(hashed, before)


def text_of(key_id: str, secret: str, *, kind: str = API_KEY) -> str:
    """Return the text that is shown once."""
    return f"{kind}_{key_id}_{secret}"


def split(text: str, *, kind: str = API_KEY) -> tuple[str, str]:
    """Return id and secret; of a malformed key, or one of another kind, parts that no key has."""
    found = PATTERN.fullmatch(text)
    return (found[2], found[3]) if found and found[1] == kind else ("", "")

"""docs/cryptography.md names each module that encrypts, signs, hashes or draws what is not guessed."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs" / "cryptography.md").read_text()
WHERE = PAGE.partition("## Where")[2].partition("## The life of keys")[0]
LIBRARIES = frozenset(
    {
        "Crypto", "OpenSSL", "argon2", "bcrypt", "cryptography", "hashlib", "hmac", "jwt", "nacl",
        "passlib", "secrets", "signxml", "ssl", "xmlsec",
    }
)  # fmt: skip
OF_DJANGO = frozenset(
    {
        "django.contrib.auth.hashers", "django.contrib.auth.tokens", "django.core.signing",
        "django.utils.crypto",
    }
)  # fmt: skip


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.module or ""
            yield from (f"{node.module}.{each.name}" for each in node.names)


def is_cryptographic(tree: ast.AST) -> bool:
    return any(name.partition(".")[0] in LIBRARIES or name in OF_DJANGO for name in imported(tree))


def modules() -> set[str]:
    """Return the modules of the product that import a cryptographic library, as the page names them."""
    found = set()
    for path in [*(ROOT / "apps").rglob("*.py"), *(ROOT / "auterity").rglob("*.py")]:
        if "migrations" not in path.parts and is_cryptographic(ast.parse(path.read_text())):
            found.add(str(path.relative_to(ROOT)).removeprefix("apps/"))
    return found


def test_the_page_names_them_all_once() -> None:
    named = re.findall(r"`([\w/]+\.py)`", WHERE)
    assert sorted(named) == sorted(modules())


@pytest.mark.parametrize(
    "line",
    [
        "import hashlib", "from hashlib import md5", "import cryptography.x509 as x",
        "from django.core import signing", "from django.utils.crypto import salted_hmac",
    ],
)  # fmt: skip
def test_an_import_is_seen(line: str) -> None:
    assert is_cryptographic(ast.parse(line))
    assert not is_cryptographic(ast.parse("import random\nfrom django.core import mail"))


def test_each_place_that_the_page_leads_to_is_there() -> None:
    for link in re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE):
        assert Path(ROOT / "docs" / link).exists(), link

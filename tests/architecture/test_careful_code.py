"""What reviewers of other products find by hand, found here by the tree of the code.

Each rule names the few places that may do it, and must find what is planted.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from tests.architecture.tree import below, name, parsed

Finding = tuple[int, str]
Rule = Callable[[ast.AST], Iterator[Finding]]
# Views answer to people; an object that a person names is found by `policies.find`, which asks who.
EDGES = ("views", "api", "consumers")


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """Return all calls below a node."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def written(node: ast.AST) -> str:
    """Return an expression as it is written."""
    return ast.unparse(node)


def is_text(node: ast.AST) -> bool:
    """Tell whether an argument is a text that is written there, in one or several pieces."""
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Add) and is_text(node.left) and is_text(node.right)
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def by_id(tree: ast.AST) -> Iterator[Finding]:
    """`objects.get(pk=…)` and `filter(pk=…)` take whatever id they are given.

    An id that an object says itself (`found.pk`) was looked for before.
    """
    for call in calls(tree):
        alone = len(call.keywords) == 1 and not call.args and call.keywords[0].arg in {"pk", "id"}
        reads = isinstance(call.func, ast.Attribute) and call.func.attr in {"get", "filter"}
        if alone and reads and ".objects" in written(call.func) and _is_raw(call.keywords[0].value):
            yield call.lineno, written(call.func)


def _is_raw(value: ast.AST) -> bool:
    own = isinstance(value, ast.Attribute) and (
        value.attr in {"pk", "id"} or value.attr.endswith("_id")
    )
    return not own


def marked_safe(tree: ast.AST) -> Iterator[Finding]:
    """`mark_safe` turns off what keeps texts from being markup."""
    for call in calls(tree):
        called = written(call.func).rsplit(".", 1)[-1]
        if called in {"mark_safe", "SafeString", "SafeText"}:
            yield call.lineno, called


def formatted_sql(tree: ast.AST) -> Iterator[Finding]:
    """SQL that is put together at run time."""
    for call in calls(tree):
        called = written(call.func).rsplit(".", 1)[-1]
        is_sql = called in {"execute", "executemany", "raw", "RawSQL", "RunSQL"}
        if is_sql and call.args and _is_put_together(call.args[0]):
            yield call.lineno, written(call.args[0])[:60]


def _is_put_together(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return True
    if isinstance(node, ast.BinOp):
        return not is_text(node)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"format", "join"}
    return False


def without_csrf(tree: ast.AST) -> Iterator[Finding]:
    """`csrf_exempt` lets other sites' pages call in a person's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "csrf_exempt":
            yield node.lineno, "csrf_exempt"


def raw_markup(tree: ast.AST) -> Iterator[Finding]:
    """`format_html` with a text that is put together first escapes nothing of it."""
    for call in calls(tree):
        called = written(call.func).rsplit(".", 1)[-1]
        if called == "format_html" and call.args and _is_put_together(call.args[0]):
            yield call.lineno, written(call.args[0])[:60]


def loose_secrets(tree: ast.AST) -> Iterator[Finding]:
    """`random` is no source of what others must not guess."""
    for call in calls(tree):
        if written(call.func).startswith("random.") and written(call.func) != "random.Random":
            yield call.lineno, written(call.func)


def weak_hashes(tree: ast.AST) -> Iterator[Finding]:
    """MD5 and SHA-1 vouch for nothing."""
    for call in calls(tree):
        if written(call.func) in {"hashlib.md5", "hashlib.sha1"}:
            yield call.lineno, written(call.func)


@dataclass(frozen=True)
class Kept:
    """A rule: what it finds, something that it must find, and who may do it, with the reason."""

    finds: Rule
    planted: str
    may: Mapping[str, str] = field(default_factory=dict)
    where: tuple[str, ...] = ("apps/", "auterity/", "manage.py")


RULES: dict[str, Kept] = {
    "an object by a bare id at the edge": Kept(
        by_id, "User.objects.get(pk=key)",
        {
            "apps/accounts/api/authentication.py": "the key that a ticket stands for, still usable",
            "apps/accounts/api/session_views.py": "the caller's own session",
            "apps/collaboration/api/streams.py": "inside of policies.visible",
            "apps/gateway/views.py": "the label of a filter, for who sees usage",
            "apps/identity/saml_views.py": "the way in, before anybody is known",
            "apps/identity/sign_in_views.py": "the way in, before anybody is known",
            "apps/runs/api/streams.py": "the run just started, and one inside of policies.visible",
        },
    ),
    "text that is markup": Kept(marked_safe, "mark_safe(text)"),
    "SQL that is put together": Kept(
        formatted_sql, "cursor.execute(f'SELECT {text}')",
        {
            "apps/dispatch/migrations/0002_add_row_security.py": "names of tables that stand beside it",
            "apps/local/postgres.py": "psycopg.sql: names are quoted as names",
            "apps/tenants/provisioning.py": "psycopg.sql: names are quoted as names",
        },
    ),
    "pages without CSRF": Kept(
        without_csrf, "@csrf_exempt\ndef view(request): ...",
        {
            "apps/directory/scim/endpoint.py": "programs with a token; no cookie opens it",
            "apps/identity/saml_views.py": "the provider posts; the answer is signed and bound to an attempt",
        },
    ),
    "markup that is put together": Kept(raw_markup, "format_html(f'<b>{text}</b>')"),
    "secrets that can be guessed": Kept(loose_secrets, "random.choice(letters)"),
    "hashes that vouch for nothing": Kept(
        weak_hashes, "hashlib.md5(data)",
        {"apps/accounts/breached.py": "how a list of breached passwords names them"},
    ),
}  # fmt: skip


def found_by(rule: str) -> dict[str, list[str]]:
    """Return what a rule finds, by file; what answers to people is all that a bare id is about."""
    kept = RULES[rule]
    found: dict[str, list[str]] = {}
    for path in below(*kept.where):
        if kept.finds is by_id and not _is_edge(name(path)):
            continue
        for line, what in kept.finds(parsed(path)):
            found.setdefault(name(path), []).append(f"line {line}: {what}")
    return found


def _is_edge(file: str) -> bool:
    parts = file.removesuffix(".py").split("/")
    return any(part == edge or part.endswith(f"_{edge}") for part in parts for edge in EDGES)


@pytest.mark.parametrize("rule", RULES)
def test_code_is_careful(rule: str) -> None:
    found = found_by(rule)
    assert not {file: lines for file, lines in found.items() if file not in RULES[rule].may}
    assert not set(RULES[rule].may) - set(found), "these do it no more: take them off the list"


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_finds_what_is_planted(rule: str) -> None:
    assert list(RULES[rule].finds(ast.parse(RULES[rule].planted)))

"""No audit, no change: each request that changes something writes its entry in the same transaction.

The table `audited.txt` says for each of them which entries it writes, or why it needs none. Where an
entry cannot be written, nothing of the request stays.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from apps.audit import services as audit
from apps.audit.models import AuditEntry
from apps.tenants.context import maintenance, public_scope, tenant_context
from tests.isolation.kept import kept_world
from tests.isolation.probe import Probe
from tests.isolation.probes import PROBES
from tests.isolation.walk import ASYNC, _send
from tests.isolation.world import World

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("isolation")]

TABLE = Path(__file__).with_name("audited.txt")
NEW = Path(__file__).parents[2] / "test-results" / "audited.txt"
HEAD = """\
# What each request that may change something writes into the audit trail, made by
# tests/isolation/test_audited.py, which fails when it is not what the product does. A request that
# writes nothing says why after the bar; the reason is written by hand and kept.
"""
CHANGING = [probe for probe in PROBES if probe.method != "GET"]
# What a request may leave behind without being a change that anybody made: sessions and where they
# were seen, stored answers of the API, when a key was used, stored bytes that nothing refers to and
# that are swept, what a directory asked and when.
PASSING = frozenset(
    {
        "django_session", "accounts_signin", "accounts_storedanswer", "accounts_apikey",
        "files_blob", "directory_exchange", "directory_token",
    }
)  # fmt: skip
ROWS = (
    'SELECT \'{1}\', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM "{0}"."{1}" AS t'
)


def reasons() -> dict[str, str]:
    """Return why requests need no entry, by the request."""
    lines = [line for line in TABLE.read_text().splitlines() if "|" in line]
    return {
        request.strip(): reason.strip()
        for line in lines
        for request, _, reason in [line.partition("|")]
    }


@contextmanager
def taken_back(probe: Probe) -> Iterator[None]:
    """Undo what was changed inside, in the public scope; async views work on other connections."""
    if probe.route in ASYNC or probe.asks_storage:
        with nullcontext():
            yield
        return
    with public_scope(), transaction.atomic():
        yield
        transaction.set_rollback(True)


def written(world: World, probe: Probe) -> tuple[int, list[str]]:
    """Send the request as the owner; return its status and the actions that it wrote."""
    client = world.browser("owner")
    with taken_back(probe):
        with tenant_context(world.tenant):
            known = set(AuditEntry.objects.values_list("pk", flat=True))
        answer = _send(client, probe, world, {})
        with tenant_context(world.tenant):
            new = AuditEntry.objects.exclude(pk__in=known).order_by("pk")
            return answer.status_code, list(dict.fromkeys(new.values_list("action", flat=True)))


def state(world: World) -> Mapping[str, Any]:
    """Return a fingerprint of each table of the workspace, but of those that only pass."""
    schema = world.tenant.schema_name
    with maintenance(schema), connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [schema])
        names = [str(name) for (name,) in cursor.fetchall() if name not in PASSING]
        cursor.execute(" UNION ALL ".join(ROWS.format(schema, name) for name in names))
        return {name: (rows, told) for name, rows, told in cursor.fetchall()}


def test_what_each_request_writes_is_the_checked_in_table(transactional_db: None) -> None:
    world, known = kept_world("alpha"), reasons()
    lines = []
    for probe in CHANGING:
        status, actions = written(world, probe)
        assert 200 <= status < 400, f"{probe}: {status}"
        told = ", ".join(actions) or f"| {known.get(str(probe), 'WHY?')}"
        lines.append(f"{probe!s:<58} {told}")
    found = HEAD + "\n".join(lines) + "\n"
    NEW.parent.mkdir(exist_ok=True)
    NEW.write_text(found)
    assert found.splitlines() == TABLE.read_text().splitlines(), (
        f"If the change is meant: cp {NEW.relative_to(TABLE.parents[2])} tests/isolation/"
    )


def test_whatever_writes_nothing_has_a_reason() -> None:
    assert not [request for request, why in reasons().items() if len(why.split()) < 3]


def test_without_its_entry_nothing_of_a_request_stays(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, needless = kept_world("alpha"), reasons()

    def refuse(_entry: AuditEntry) -> None:
        raise RuntimeError("The trail cannot be written.")

    client = world.browser("owner")
    monkeypatch.setattr(audit, "_listeners", [refuse])
    stayed = []
    for probe in CHANGING:
        if str(probe) in needless:
            continue
        with taken_back(probe):
            before = state(world)
            answer = _send(client, probe, world, {})
            after = state(world)
        if answer.status_code < 500:
            stayed.append(f"{probe}: answered {answer.status_code}")
        stayed += [f"{probe}: {name}" for name in before if before[name] != after[name]]
    assert not stayed

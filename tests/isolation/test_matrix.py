"""Who may do what: every route and method for every role, as it is, against the checked-in table."""

from pathlib import Path

import pytest
from django.test import Client

from tests.isolation.probes import PROBES
from tests.isolation.walk import ask
from tests.isolation.world import ROLES, World, make_world

pytestmark = pytest.mark.django_db(transaction=True)

CHECKED_IN = Path(__file__).with_name("matrix.txt")
NEW = Path(__file__).parents[2] / "test-results" / "matrix.txt"
# auditor: a role of the workspace's own; inside: an admin of the folder where the inner things lie,
# guest: a viewer on one where none of them does; elsewhere: the other workspace's owner.
NARROWER = ("auditor", "inside", "guest")
COLUMNS = (*ROLES, *NARROWER, "stranger", "elsewhere")
HEAD = """\
# The authorisation matrix: the status that each request of tests/isolation/probes.py gets, by who
# asks. Made by tests/isolation/test_matrix.py, which fails when it is not what the product does.
# auditor: holds a role of the workspace's own; inside: an admin of the folder of workflows alone;
# guest: a viewer on another folder; elsewhere: the other workspace's owner naming our objects.
"""


def _matrix(ours: World, theirs: World) -> str:
    clients = {role: ours.browser(role) for role in (*ROLES, *NARROWER)}
    clients["stranger"] = Client(HTTP_HOST=ours.host, raise_request_exception=False)
    clients["elsewhere"] = theirs.browser("owner")
    rows: list[tuple[str, ...]] = [("request", *COLUMNS)]
    for probe in PROBES:
        codes = (str(ask(clients[who], probe, ours).status_code) for who in COLUMNS)
        rows.append((str(probe), *codes))
    width = max(len(row[0]) for row in rows)
    lines = (
        row[0].ljust(width)
        + "".join(cell.rjust(len(name) + 2) for cell, name in zip(row[1:], COLUMNS, strict=True))
        for row in rows
    )
    return HEAD + "\n".join(lines) + "\n"


def test_the_matrix_is_the_checked_in_one(transactional_db: None) -> None:
    found = _matrix(make_world("alpha"), make_world("beta"))
    NEW.parent.mkdir(exist_ok=True)
    NEW.write_text(found)
    assert found.splitlines() == CHECKED_IN.read_text().splitlines(), (
        f"If the change is meant: cp {NEW.relative_to(CHECKED_IN.parents[2])} tests/isolation/"
    )


def test_the_matrix_refuses_what_must_be_refused() -> None:
    """Whatever the table says, strangers and other workspaces never get a 2xx that names us."""
    lines = [line for line in CHECKED_IN.read_text().splitlines() if not line.startswith("#")]
    rows = {
        str(probe): line.split()[-len(COLUMNS) :]
        for probe, line in zip(PROBES, lines[1:], strict=True)
    }
    for probe in PROBES:
        codes = dict(zip(COLUMNS, rows[str(probe)], strict=True))
        assert codes["owner"][0] in "23", probe
        assert "500" not in codes.values(), probe
        if probe.elsewhere:
            assert codes["elsewhere"] == str(probe.elsewhere), probe

"""Many workspaces are brought up to date once, whoever is killed in between or starts beside."""

import gc
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.models.signals import pre_migrate

from apps.tenants import migrating, provisioning
from apps.tenants.context import public_scope
from apps.tenants.migrating import NotMigrated, fingerprint, migrate_all
from apps.tenants.models import TEMPLATE_SCHEMA, Tenant

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What ends a process in the middle of its work."""


@pytest.fixture
def behind(transactional_db: None) -> Iterator[None]:
    """Have both workspaces be of an older release; in the end they are of this one."""
    with public_scope():
        Tenant.objects.update(ready_for="an older release")
        yield
        Tenant.objects.update(ready_for="")


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the schemas that are migrated from now on, as they come."""
    schemas: list[str] = []
    migrate = provisioning.migrate_schema

    def noted(schema: str, verbosity: int = 0) -> None:
        if schema != TEMPLATE_SCHEMA:
            schemas.append(schema)
        migrate(schema, verbosity)

    monkeypatch.setattr(provisioning, "migrate_schema", noted)
    return schemas


def ready() -> set[str]:
    return set(Tenant.objects.filter(ready_for=fingerprint()).values_list("slug", flat=True))


def test_what_is_up_to_date_is_left_alone(behind: None, seen: list[str]) -> None:
    assert sorted(migrate_all()) == sorted(seen) == ["t_alpha", "t_beta"]
    assert ready() == {"alpha", "beta"}
    assert migrate_all() == []
    assert len(seen) == 2


def test_a_busy_machine_may_take_its_time_between_statements(behind: None) -> None:
    told: list[str] = []

    def note(**_: Any) -> None:
        told.append(patience())

    pre_migrate.connect(note)
    migrate_all()
    pre_migrate.disconnect(note)
    assert set(told) == {migrating.PATIENCE}
    assert patience() == "1min"


def patience() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW idle_in_transaction_session_timeout")
        return str(cursor.fetchone()[0])


def test_one_that_was_killed_goes_on_where_it_was(
    behind: None, seen: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = provisioning.ensure_role

    def die(schema: str) -> str:
        if len(seen) == 2:
            raise Killed
        return before(schema)

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(provisioning, "ensure_role", die)
        migrate_all()
    assert len(ready()) == 1
    assert migrate_all() == [seen[1]]
    assert seen == [seen[0], seen[1], seen[1]]
    assert ready() == {"alpha", "beta"}


def test_two_at_once_do_the_work_once(behind: None, seen: list[str]) -> None:
    done: list[list[str]] = []
    faults: list[Exception] = []

    def replica() -> None:
        try:
            done.append(migrate_all())
        except Exception as error:
            faults.append(error)
        finally:
            with public_scope():
                connection.close()

    replicas = [threading.Thread(target=replica) for _ in range(2)]
    for each in replicas:
        each.start()
    for each in replicas:
        each.join()
    assert faults == []
    assert sorted(map(len, done)) == [0, 2]
    assert sorted(seen) == ["t_alpha", "t_beta"]


def test_one_that_fails_holds_up_nobody(behind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    migrate: Any = provisioning.migrate_schema

    def broken(schema: str, verbosity: int = 0) -> None:
        if schema == "t_alpha":
            raise RuntimeError("its schema is broken")
        migrate(schema, verbosity)

    with monkeypatch.context() as patch, pytest.raises(NotMigrated, match="t_alpha"):
        patch.setattr(provisioning, "migrate_schema", broken)
        migrate_all()
    assert ready() == {"beta"}
    assert migrate_all() == ["t_alpha"]


def test_another_grant_is_another_release(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint()
    monkeypatch.setitem(provisioning._shared, "dispatch_ticket", "SELECT")
    assert migrating.fingerprint() != before


def test_python_looks_for_garbage_as_before_in_the_end() -> None:
    usual = gc.get_threshold()
    with pytest.raises(Killed), migrating._seldom_collected():
        assert gc.get_threshold()[0] > usual[0]
        raise Killed
    assert gc.get_threshold() == usual

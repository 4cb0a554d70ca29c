"""What the path of a webhook leads to.

A busy webhook is asked for many times a second, and its trigger, workflow, version, person and what
they may do are the same each time. So one small statement asks where their rows stand; as long as they stand where
they stood, what was read of them is still true.
"""

from copy import copy

from django.db import connection

from apps.common.derived import Derived
from apps.tenants.context import current_schema
from apps.triggers.models import Trigger

# A row that is written again has another place, by another transaction.
STANDS = """
    SELECT concat_ws(' ', t.ctid, t.xmin, w.ctid, w.xmin, f.ctid, f.xmin, v.ctid, v.xmin,
                     a.ctid, a.xmin, b.ctid, b.xmin, held.rows)
    FROM triggers_trigger t
    JOIN workflows_workflow w ON w.id = t.workflow_id
    LEFT JOIN accounts_folder f ON f.id = w.folder_id
    LEFT JOIN workflows_workflowversion v ON v.id = w.published_version_id
    LEFT JOIN accounts_user a ON a.id = t.run_as_id
    LEFT JOIN accounts_user b ON b.id = t.test_by_id
    LEFT JOIN LATERAL (
        SELECT string_agg(concat_ws(' ', r.ctid, r.xmin, o.ctid, o.xmin, p.ctid, p.xmin), ','
                          ORDER BY r.id) AS rows
        FROM accounts_rolebinding r
        JOIN accounts_role o ON o.id = r.role_id
        LEFT JOIN accounts_folder p ON p.id = r.folder_id
        WHERE r.user_id = a.id OR r.group_id IN (
            SELECT m.group_id FROM accounts_membership m WHERE m.user_id = a.id)
    ) held ON true
    WHERE t.path = %s AND t.path <> ''
"""

_triggers = Derived[Trigger | None](500)


def trigger_at(path: str) -> Trigger | None:
    """Return the trigger that listens at a path, whether it is switched on or not."""
    with connection.cursor() as cursor:
        cursor.execute(STANDS, [path])
        row = cursor.fetchone()
    if row is None:
        return None
    known = _triggers.get(f"{current_schema()} {path} {row[0]}", lambda: _read(path))
    return None if known is None else _own(known)


def _read(path: str) -> Trigger | None:
    related = Trigger.objects.select_related(
        "workflow__folder", "workflow__published_version", "run_as", "test_by"
    ).defer("workflow__snapshot", "workflow__published_version__definition")
    found = related.filter(path=path).exclude(path="").first()
    if found is not None and found.run_as is not None:
        found.run_as.permissions_in()  # what they hold is read now, and kept with them
    return found


def _own(known: Trigger) -> Trigger:
    """Return a copy: nobody writes into what is kept."""
    trigger = copy(known)
    trigger.workflow = copy(known.workflow)
    trigger.run_as, trigger.test_by = copy(known.run_as), copy(known.test_by)
    return trigger

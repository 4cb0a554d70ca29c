"""What each worker process does beside its tasks: every few minutes it looks after all workspaces.

The day's deletion is made here, and one whose worker died is taken up; the trail is checked. Workers may do this side by
side: a workspace has one unfinished job, and the job's row says whose turn it is.
"""

import logging

from django.db import Error as DatabaseError
from django.db import connection

from apps.dispatch import rounds, workers
from apps.retention import carrying, services, trail
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)


def go_round() -> None:
    """Do what is due in every workspace that is open; trouble in one keeps no other waiting."""
    try:
        with public_scope():
            trail.look_after()
            tenants = list(Tenant.objects.filter(status=Tenant.Status.ACTIVE))
    except DatabaseError as error:
        logger.warning("Retention waits for the database: %s", str(error).strip())
        return
    for tenant in tenants:
        if workers.draining.is_set():
            return
        with tenant_context(tenant):
            try:
                trail.look_after()
                job = services.due_job()
                if job is not None:
                    carrying.carry(job)
            except DatabaseError as error:
                logger.warning("Retention in %s: %s", tenant.slug, str(error).strip())
            except Exception:
                logger.exception("Retention in %s failed.", tenant.slug)
            finally:
                if not connection.in_atomic_block:
                    connection.close()


rounds.register("retention", go_round, pause_s=300)

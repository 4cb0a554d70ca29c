"""Celery tasks that run as the tenant who called them."""

import inspect
import logging
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from celery import Task
from django.db import Error as DatabaseError
from django.db import connection, transaction

from apps.common.outages import outage_of
from apps.tenants.context import PUBLIC, current_schema, public_scope, tenant_context
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

HEADER = "tenant_schema"
Refusal = Callable[[str, str, str], None]
_refusals: list[Refusal] = []


def register_refusal(function: Refusal) -> None:
    """Say who hears of messages that are not acted on: the reason, the task, what was given."""
    _refusals[:] = [function]


class Refused(Exception):
    """A message that no sender of ours wrote."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def named(subject: object) -> UUID:
    """Return the id that a message names. Raises Refused for what is none."""
    try:
        return UUID(str(subject))
    except ValueError as error:
        raise Refused("bad arguments") from error


def all_named(subjects: object) -> list[UUID]:
    """Return the ids that a message lists. Raises Refused for what is no list of them."""
    if not isinstance(subjects, list):
        raise Refused("bad arguments")
    return [named(each) for each in subjects]


class TenantTask(Task):  # type: ignore[type-arg]
    """A task whose message carries the schema; the worker re-checks it and enters it.

    The schema is taken when the task is called, also by `delay_on_commit`: by the time the
    transaction commits the caller may have left the tenant.
    """

    abstract = True
    of_platform = False  # carried out in the public scope, where no workspace's rows are

    def apply_async(  # type: ignore[override]
        self, args: Any = None, kwargs: Any = None, **options: Any
    ) -> Any:
        headers = {HEADER: current_schema(), **(options.pop("headers", None) or {})}
        return super().apply_async(args, kwargs, headers=headers, **options)

    def delay_on_commit(self, *args: Any, **kwargs: Any) -> None:
        """Send the message when the transaction commits, with the tenant of now."""
        send = partial(self.apply_async, args, kwargs, headers={HEADER: current_schema()})
        transaction.on_commit(send)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        try:
            self._check_arguments(args, kwargs)
            return self._in_tenant(self._schema_of_message(), args, kwargs)
        except Refused as refused:
            for tell in _refusals:
                tell(refused.reason, self.name, repr((args, kwargs)))
            return None
        except DatabaseError as error:
            if outage_of(error) is None:
                raise
            # What a task does is planned in rows: when the database is back, it is called for again.
            logger.warning("%s was broken off: %s", self.name, str(error).strip())
            return None
        finally:
            connection.close()  # the worker's threads live on; their connections must not

    def _check_arguments(self, args: Any, kwargs: Any) -> None:
        try:
            inspect.signature(self.run).bind(*args, **kwargs)
        except TypeError as error:
            raise Refused("bad arguments") from error

    def _schema_of_message(self) -> str:
        headers = self.request.headers or {}
        schema = headers.get(HEADER) or self.request.get(HEADER)
        if not isinstance(schema, str):
            raise Refused("no tenant")
        return schema

    def _in_tenant(self, schema: str, args: Any, kwargs: Any) -> Any:
        if (schema == PUBLIC) != self.of_platform:
            raise Refused("no tenant")
        with public_scope():
            if self.of_platform:
                return super().__call__(*args, **kwargs)
            tenant = Tenant.objects.filter(schema_name=schema).first()
        if tenant is None:
            raise Refused("unknown tenant")
        if tenant.status != Tenant.Status.ACTIVE:
            return None  # what is planned stands in rows: it is called for when they go on
        with tenant_context(tenant):
            return super().__call__(*args, **kwargs)

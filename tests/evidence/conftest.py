"""A workspace with something to show, and a pack of it."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit import chain
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.evidence import services, writing
from apps.evidence.models import Pack
from apps.files import services as files
from tests.factories.cast import member


@pytest.fixture
def entries(alice: User) -> list[AuditEntry]:
    made = [record("thing.made", actor=alice, after={"n": number, "x": "ä"}) for number in range(9)]
    chain.link()
    return made


def asked(actor: User, **period: Any) -> Pack:
    """Ask for the evidence of the last month."""
    now = timezone.now()
    times = {"since": now - timedelta(days=30), "until": now + timedelta(days=1), **period}
    return services.start_pack(actor=actor, **times)


def written(actor: User, **period: Any) -> Pack:
    """Have a pack written."""
    pack = asked(actor, **period)
    writing.carry(pack.pk)
    pack.refresh_from_db()
    assert pack.status == Pack.Status.DONE
    return pack


def fetched(pack: Pack) -> io.BytesIO:
    """Return the bytes of a pack."""
    parts = pack.parts.select_related("blob")
    return io.BytesIO(b"".join(files.load(part.blob) for part in parts))


@pytest.fixture
def adam(alice: User) -> User:
    """An admin, who reviews."""
    return member("Adam", "admin")

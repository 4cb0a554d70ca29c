"""Random tampering is always found: a few hundred trials here, any number by `make tamper trials=10000`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random

import pytest
from django.db import transaction

from apps.audit import chain, checking
from apps.audit.services import record
from apps.common.requests import RequestInfo, request_info
from apps.tenants.context import current_schema, maintenance
from apps.tenants.models import Tenant
from tests.audit.tampering import HARMS

TRIALS = int(os.environ.get("TRIALS", "200"))
BATCHES, EACH = 5, 6


@pytest.fixture
def trail(alpha: Tenant) -> None:
    """Thirty entries in five signed batches, which a check has seen."""
    token = request_info.set(RequestInfo(id="request", ip="192.0.2.7"))
    for batch in range(BATCHES):
        for number in range(EACH):
            record(f"thing.b{batch}n{number}", actor=None, target=alpha, after={"n": number})
        chain.link()
    request_info.reset(token)
    assert checking.check().wrong == ""


@contextmanager
def undone() -> Iterator[None]:
    """Work as the owner of the schema, and take everything back."""
    with maintenance(current_schema()), transaction.atomic():
        yield
        transaction.set_rollback(True)


def test_every_tampering_is_found(trail: None) -> None:
    missed = []
    for seed in range(TRIALS):
        dice = Random(seed)
        harm = dice.choice(HARMS)
        with undone():
            harm(dice)
            if not checking.verify().wrong:
                missed.append(f"{harm.__name__}, seed {seed}")
    assert not missed, f"{len(missed)} of {TRIALS}"
    assert checking.verify().wrong == ""  # what was taken back left nothing


@pytest.mark.parametrize("harm", HARMS, ids=lambda harm: harm.__name__)
def test_each_kind_is_found(trail: None, harm: object) -> None:
    assert callable(harm)
    with undone():
        harm(Random(1))
        assert checking.verify().wrong

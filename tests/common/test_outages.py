"""Which errors tell of an outage: the caller may come back, nobody has to mend anything."""

import pytest
from django.db import Error, connection, transaction
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisAwayError

from apps.common.outages import DatabaseAway, DatabaseBusy, RedisAway, outage_of

AWAY = ["08006", "53100", "53300", "57P01", "57P03", "25006"]
BUSY = ["40001", "40P01", "55P03", "57014"]
OURS = ["22003", "23505", "42P01", "54000"]


def raised(state: str) -> Error:
    """Have the server raise an error of a state, and return what Django makes of it."""
    with pytest.raises(Error) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE SQLSTATE '{state}'; END $$")
    return caught.value


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        *((state, DatabaseAway) for state in AWAY),
        *((state, DatabaseBusy) for state in BUSY),
        *((state, type(None)) for state in OURS),
    ],
)
def test_the_servers_word_decides(public: None, state: str, expected: type) -> None:
    assert type(outage_of(raised(state))) is expected


@pytest.mark.parametrize("error", [RedisAwayError("refused"), BrokerError("refused")])
def test_redis_in_either_role(error: Exception) -> None:
    outage = outage_of(error)
    assert isinstance(outage, RedisAway)
    assert (outage.status, outage.headers) == (503, {"Retry-After": "5"})


def test_what_no_server_answered_is_an_outage_and_a_bug_is_none() -> None:
    assert outage_of(ValueError("ours")) is None
    assert outage_of(None) is None
    assert outage_of(Error("no cause, and no operational error")) is None

"""Times that others write."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.http import http_date

from apps.common.moments import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("1.5", 1.5), ("-1", 0), ("soon", None), ("", None), ("inf", None), ("nan", None)],
)  # fmt: skip
def test_retry_after_in_seconds(text: str, seconds: float | None) -> None:
    assert seconds_of(text) == seconds


def test_retry_after_as_a_time() -> None:
    wish = seconds_of(http_date((timezone.now() + timedelta(minutes=2)).timestamp()))
    assert wish is not None
    assert 100 < wish <= 120
    assert seconds_of(http_date((timezone.now() - timedelta(minutes=2)).timestamp())) == 0

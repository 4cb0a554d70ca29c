"""Whose address a request comes from, behind proxies that are counted."""

import pytest
from django.test import RequestFactory
from pytest_django import Settings

from apps.common.requests import client_ip


@pytest.mark.parametrize(
    ("proxies", "header", "found"),
    [
        (
            0,
            "203.0.113.9",
            "192.0.2.1",
        ),  # nobody in front: the header is the sender's own invention
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.7, 203.0.113.9", "203.0.113.9"),
        (2, "198.51.100.7, 203.0.113.9, 192.0.2.5", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),  # it came past a proxy
        (1, "", "192.0.2.1"),
    ],
)
def test_only_declared_proxies_are_believed(
    settings: Settings, proxies: int, header: str, found: str
) -> None:
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory(REMOTE_ADDR="192.0.2.1").get("/", HTTP_X_FORWARDED_FOR=header)
    assert client_ip(request) == found

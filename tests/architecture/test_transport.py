"""Encrypted ways to PostgreSQL, Redis and RabbitMQ: who answers is known by a certificate."""

import ssl

import pytest
from django.core.exceptions import ImproperlyConfigured
from redis import Redis

from auterity.env import database_from_url
from auterity.transport import broker_tls, verified


def test_redis_is_asked_for_its_certificate() -> None:
    url = verified("rediss://:p@cache.internal:6380/3", "/etc/ssl/ours.pem")
    told = Redis.from_url(url).connection_pool.connection_kwargs
    assert (told["host"], told["db"], told["password"]) == ("cache.internal", 3, "p")
    assert told["ssl_cert_reqs"] == "required"
    assert told["ssl_ca_certs"] == "/etc/ssl/ours.pem"
    assert told["ssl_check_hostname"] in (True, "true")


def test_what_the_address_says_is_kept() -> None:
    assert "ssl_ca_certs=%2Fa.pem" in verified("rediss://h/0?ssl_ca_certs=/a.pem", "/b.pem")
    assert verified("redis://h/0", "/b.pem") == "redis://h/0"


def test_rabbitmq_is_asked_for_its_certificate() -> None:
    told = broker_tls("amqps://a:p@queue.internal:5671//", "/etc/ssl/ours.pem")
    assert told == {
        "cert_reqs": ssl.CERT_REQUIRED,
        "server_hostname": "queue.internal",
        "ca_certs": "/etc/ssl/ours.pem",
    }
    assert broker_tls("amqp://queue.internal//", "") is None


def test_postgresql_is_told_by_the_address() -> None:
    keys = database_from_url("postgres://a:p@db/x?sslmode=verify-full&sslrootcert=/a.pem")
    assert keys["OPTIONS"] == {"sslmode": "verify-full", "sslrootcert": "/a.pem"}
    assert keys["NAME"] == "x"


def test_nothing_else_is_told_by_it() -> None:
    """Such as a start option that would take another role."""
    with pytest.raises(ImproperlyConfigured, match="options"):
        database_from_url("postgres://a:p@db/x?options=-crole=other")

"""A link that signs in once does so once, also where several press its button at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.accounts.links import sign_in_path
from apps.accounts.models import User
from tests.factories.browsers import browser

TOGETHER = 6


@pytest.mark.django_db(transaction=True)
def test_of_several_who_use_a_link_at_once_one_is_let_in(vera: User) -> None:
    path, gate = sign_in_path(vera), Barrier(TOGETHER)

    def press(_: int) -> int:
        try:
            gate.wait(30)
            return int(browser().post(path).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(TOGETHER) as pool:
        got = Counter(pool.map(press, range(TOGETHER)))
    assert got == {302: 1, 410: TOGETHER - 1}

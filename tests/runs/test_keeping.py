"""Runs that are kept as test cases of their workflow."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.common.errors import Forbidden
from apps.gateway.models import LlmCall
from apps.runs.services import keep_as_data_set
from apps.workflows.exceptions import BadDataSet
from apps.workflows.models import DataSet
from tests.factories.runs import carry
from tests.runs.scenes import failing, published, started

pytestmark = pytest.mark.django_db


def test_what_went_in_and_came_out_is_a_data_set(bob: User, oscar: User) -> None:
    run = carry(started(published(bob), bob))
    made = keep_as_data_set(run, actor=bob)
    assert (made.inputs, made.compares, made.expected) == ({"who": "Ada"}, True, "Hello Ada")
    with pytest.raises(BadDataSet):
        keep_as_data_set(run, actor=bob)
    with pytest.raises(Forbidden):
        keep_as_data_set(run, actor=oscar)


def test_of_a_failure_only_the_inputs_are_kept(bob: User) -> None:
    run = carry(started(published(bob, failing()), bob))
    made = keep_as_data_set(run, actor=bob)
    assert (made.inputs, made.compares, made.expected) == ({"who": "Ada"}, False, None)


def test_it_is_done_from_the_page_of_a_call(bob: User, oscar: User) -> None:
    run = carry(started(published(bob), bob))
    call = LlmCall.objects.create(run_id=run.pk, status="ok")
    clients = {}
    for user in (bob, oscar):
        clients[user] = Client(HTTP_HOST="alpha.localhost")
        clients[user].force_login(user)
        page = clients[user].get(f"/relaycore/calls/{call.pk}/").content.decode()
        assert (f"/runs/{run.pk}/keep/" in page) == (user == bob)
    assert clients[oscar].post(f"/runs/{run.pk}/keep/").status_code == 403
    again = [clients[bob].post(f"/runs/{run.pk}/keep/", follow=True) for _ in range(2)]
    told = [str(message) for answer in again for message in answer.context["messages"]]
    assert ("is a data set" in told[0], "already" in told[1]) == (True, True)
    assert DataSet.objects.count() == 1

"""A sender of mails that is killed after sending, before it notes that: the same mail comes again (F25)."""

import signal
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.dispatch.models import Chore
from apps.notifications import outbox, services
from apps.notifications.models import Mail
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.context import public_scope
from tests.factories.runs import until
from tests.faults.crowd import Crowd
from tests.faults.post_office import PostOffice, post_office
from tests.faults.sizes import size

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("carriers")]
MAILS, KILLS = size(3, 40), size(1, 10)
LETTER = Letter("welcome", "News", {"tenant": {"name": "Alpha"}, "address": "http://a/"})


@pytest.fixture
def office() -> Iterator[PostOffice]:
    with post_office() as found:
        yield found


def tell(user: User) -> None:
    """Have somebody told of several things by mail."""
    for number in range(MAILS):
        services.tell([Notice(user, "News", letter=LETTER)], kind="test", key=str(number))


def sent() -> int:
    return Mail.objects.filter(status=Mail.Status.SENT).count()


def after_the_lease() -> None:
    """Let the time pass after which somebody else sends what a dead sender had taken."""
    ago = timezone.now() - timedelta(minutes=1)
    Mail.objects.filter(status=Mail.Status.QUEUED).update(due_at=ago)
    with public_scope():
        Chore.objects.filter(kind=outbox.CHORE).update(due_at=ago)


def test_what_a_killed_sender_sent_comes_again_under_the_same_id(
    oscar: User, workers: Crowd, office: PostOffice
) -> None:
    tell(oscar)
    for _ in range(KILLS):
        before = len(office.received)
        doomed = workers.start(threads=1, mail_port=office.port, die_sent=True)
        after_the_lease()
        assert doomed.wait(60) == -signal.SIGKILL
        assert len(office.received) == before + 1
        assert sent() == 0
    workers.start(mail_port=office.port)
    after_the_lease()
    until(lambda: sent() == MAILS)
    came = Counter(office.ids)
    assert set(came) == {f"<{pk}@localhost>" for pk in Mail.objects.values_list("pk", flat=True)}
    assert came.total() == MAILS + KILLS
    assert not Chore.objects.filter(kind=outbox.CHORE).exists()

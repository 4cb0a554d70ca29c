"""Questions that are asked of groups: who is in one is asked, reminded, counted and may answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Group, User
from apps.accounts.services import add_to_group, create_group, remove_from_group
from apps.common.errors import Forbidden
from apps.nodes.types.human_approval import DEFAULT_ACTIONS
from apps.notifications.models import Notification
from apps.runs.approvals.asking import nudge
from apps.runs.exceptions import AlreadyVoted, NotAssigned
from apps.runs.models import Wait
from apps.runs.services import decide
from tests.factories.runs import carry, error_of
from tests.runs.scenes import Ask, asking, published, started


def group_of(name: str, *people: User, actor: User) -> Group:
    group = create_group(name=name, actor=actor)
    for person in people:
        add_to_group(group, person, actor=actor)
    return group


def loaded(user: User) -> User:
    """Return them as the next request reads them."""
    found: User = User.objects.get(pk=user.pk)
    return found


def test_a_group_is_asked_as_its_people(people: dict[str, User], ask: Ask, vera: User) -> None:
    group_of("Finance, EU", people["bob"], vera, actor=people["alice"])
    group = group_of("Finance", people["bob"], people["oscar"], vera, actor=people["alice"])
    wait = ask(assignees=["{{ ['group:FINANCE'] }}"], quorum=2)
    assert wait.assignees == ["group:finance"]
    assert {told.user for told in Notification.objects.filter(about=wait.pk)} == {
        people["bob"], people["oscar"],
    }  # fmt: skip
    assert Wait.objects.awaiting(people["bob"]).get() == wait
    assert not Wait.objects.awaiting(people["alice"]).exists()
    with pytest.raises(NotAssigned):
        decide(wait, actor=people["alice"], decision="approved")
    with pytest.raises(Forbidden):  # in the group, but may not decide
        decide(wait, actor=vera, decision="approved")
    assert decide(wait, actor=people["bob"], decision="approved").status == "open"
    with pytest.raises(AlreadyVoted):
        decide(wait, actor=people["bob"], decision="approved")
    remove_from_group(group, people["oscar"], actor=people["alice"])
    with pytest.raises(NotAssigned):
        decide(wait, actor=loaded(people["oscar"]), decision="approved")
    add_to_group(group, people["alice"], actor=people["alice"])
    last = decide(wait, actor=loaded(people["alice"]), decision="approved")
    assert last.status == "decided"


def test_a_group_too_small_for_the_quorum_fails_the_step(people: dict[str, User]) -> None:
    group_of("Finance", people["oscar"], actor=people["alice"])
    definition = asking(assignees=["group:finance"], actions=DEFAULT_ACTIONS, quorum=2)
    run = carry(started(published(people["bob"], definition), people["bob"]))
    assert error_of(run)["code"] == "too_few_deciders"


def test_groups_in_a_sequence_and_for_the_escalation(people: dict[str, User], ask: Ask) -> None:
    group_of("Finance", people["bob"], people["oscar"], actor=people["alice"])
    group_of("Board", people["alice"], actor=people["alice"])
    wait = ask(
        assignees=["group:finance", people["alice"].email], order="sequence", quorum=2,
        escalate_after_h=1, escalate_to=["group:board"],
    )  # fmt: skip
    nudge(wait.pk, wait.run_id, timezone.now() + timedelta(hours=2))
    wait.refresh_from_db()
    assert wait.assignees == ["group:finance", "group:board"]
    assert Notification.objects.filter(about=wait.pk, user=people["alice"]).exists()

"""Taking away what is to go: by the services that people use, and nothing that is not as it was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import ApiKey, Folder, Group, Role, RoleBinding, User
from apps.accounts.roles import BUILTIN
from apps.accounts.services import (
    add_to_group,
    change_custom_role,
    change_role,
    create_role,
    give_right,
    remove_from_group,
    revoke_api_key,
)
from apps.audit.models import AuditEntry
from apps.campaigns import carrying, reminding, rights, services
from apps.campaigns.exceptions import NothingToSettle, OwnRights
from apps.campaigns.models import Campaign, Item, Sort
from apps.common.errors import Forbidden
from apps.dispatch.models import Chore
from apps.notifications.models import Notification
from apps.retention import classes
from apps.retention.services import place_hold, release_hold
from tests.campaigns.conftest import decided, right, started
from tests.factories.cast import member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(everything: None, alice: User, adam: User) -> Campaign:
    return started(alice, reviewers="person", reviewer=adam)


def carried(
    campaign: Campaign, actor: User, *items: Item, before: Callable[[], object] = lambda: None
) -> list[Item]:
    """Decide to remove these, sign, let something happen before it is carried out, and carry it out."""
    for item in items:
        assert item.reviewer is not None
        services.decide(item, actor=item.reviewer, decision="remove", reason="Not needed.")
    services.sign(decided(campaign), actor=actor)
    before()
    carrying.carry(campaign.pk)
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.CLOSED
    for item in items:
        item.refresh_from_db()
    return list(items)


def test_each_sort_is_taken_away_by_its_service(
    campaign: Campaign, alice: User, bob: User, vera: User
) -> None:
    items = carried(
        campaign, alice,
        right(campaign, "Vera", Sort.ROLE), right(campaign, "Vera", Sort.FOLDER),
        right(campaign, "Vera", Sort.MEMBERSHIP), right(campaign, "Group Support", Sort.GROUP_ROLE),
        right(campaign, "Bob", Sort.KEY), right(campaign, "Export", Sort.PROGRAM),
    )  # fmt: skip
    assert {item.outcome for item in items} == {"removed"}
    assert not RoleBinding.objects.held_by(vera.pk).exists()
    assert not ApiKey.objects.usable().exists()
    assert not User.objects.get(name="Export").is_active
    assert User.objects.get(pk=bob.pk).role is not None
    actions = set(
        AuditEntry.objects.filter(actor_id=str(alice.pk)).values_list("action", flat=True)
    )
    assert {
        "member.role_changed", "folder.right_taken", "group.member_removed", "group.role_changed",
        "api_key.revoked", "member.removed", "campaign.carried_out",
    } <= actions  # fmt: skip


def test_who_goes_takes_all_with_them(campaign: Campaign, alice: User, bob: User) -> None:
    member_item, key, role = carried(
        campaign,
        alice,
        *(right(campaign, "Bob", sort) for sort in (Sort.MEMBER, Sort.KEY, Sort.ROLE)),
    )
    assert [each.outcome for each in (member_item, key, role)] == ["removed", "gone", "gone"]
    bob.refresh_from_db()
    assert bob.removed_at is not None


def test_what_was_changed_since_is_left_alone(
    campaign: Campaign, alice: User, bob: User, folder: Folder
) -> None:
    role = right(campaign, "Bob", Sort.ROLE)
    [item] = carried(
        campaign, alice, role, before=lambda: change_role(bob, role="viewer", actor=alice)
    )
    assert (item.outcome, item.needs_hand) == ("changed", True)
    assert "builder, now viewer" in item.outcome_note
    assert User.objects.get(pk=bob.pk).role is not None
    services.settle(item, actor=alice, note="Viewer is enough.")
    item.refresh_from_db()
    assert (item.outcome, item.outcome_note) == ("done", "Viewer is enough.")
    with pytest.raises(NothingToSettle):
        services.settle(item, actor=alice, note="Again.")


def test_a_role_that_means_more_is_changed_too(alice: User, adam: User) -> None:
    own = create_role(label="Auditor", permissions=["audit.view"], actor=alice)
    member("Gus", own.name)
    campaign = started(alice, reviewers="person", reviewer=adam)
    item = right(campaign, "Gus", Sort.ROLE)

    def widen() -> None:
        change_custom_role(Role.objects.get(pk=own.pk), permissions=["audit.view", "run.view"], actor=alice)  # fmt: skip

    [item] = carried(campaign, alice, item, before=widen)
    assert (item.outcome, item.outcome_note) == ("changed", "What the role allows was changed.")


def test_a_release_that_widens_a_built_in_role_changes_no_right(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(BUILTIN, "builder", BUILTIN["builder"] | {"audit.view"})
    items = list(campaign.items.all())
    now = rights.now(items)
    assert not [item for item in items if rights.changes(item, now[item.sort, item.ref])]


def test_a_member_who_got_more_since_is_not_removed(
    campaign: Campaign, alice: User, bob: User, folder: Folder
) -> None:
    item = right(campaign, "Bob", Sort.MEMBER)
    [item] = carried(
        campaign, alice, item, before=lambda: give_right(folder, bob, role="admin", actor=alice)
    )
    assert item.outcome == "changed"
    assert User.objects.get(pk=bob.pk).is_active


def test_what_is_gone_stays_gone(campaign: Campaign, alice: User, bob: User, vera: User) -> None:
    def before() -> None:
        revoke_api_key(ApiKey.objects.get(name="Bob's"), actor=bob)
        remove_from_group(Group.objects.get(), vera, actor=alice)
        add_to_group(Group.objects.get(), vera, actor=alice)  # a new place, which nobody looked at

    items = carried(
        campaign, alice, right(campaign, "Bob", Sort.KEY), right(campaign, "Vera", Sort.MEMBERSHIP),
        before=before,
    )  # fmt: skip
    assert [item.outcome for item in items] == ["gone", "gone"]
    assert vera.memberships.exists()


def test_what_the_signer_may_not_take_is_refused(
    campaign: Campaign, alice: User, adam: User
) -> None:
    """Only owners unmake owners, and the last one stays."""
    for item in campaign.items.filter(holder_label="Adam"):
        services.decide(item, actor=alice, decision="keep")
    [item] = carried(campaign, adam, right(campaign, "Alice", Sort.ROLE))
    assert (item.outcome, item.needs_hand) == ("refused", True)
    assert "role does not allow" in item.outcome_note
    assert User.objects.get(pk=alice.pk).role is not None


def test_a_key_gives_no_more_than_it_may(campaign: Campaign, alice: User) -> None:
    viewer = Role.objects.get(name="viewer")
    key = ApiKey.objects.create(key_id="k", name="Small", user=alice, role=viewer)
    [item] = carried(
        campaign, alice, right(campaign, "Bob", Sort.ROLE),
        before=lambda: Campaign.objects.update(signed_through=key),
    )  # fmt: skip
    assert item.outcome == "refused"


def test_who_signed_and_left_takes_nothing(campaign: Campaign, alice: User) -> None:
    [item] = carried(
        campaign, alice, right(campaign, "Bob", Sort.ROLE),
        before=lambda: User.objects.filter(pk=alice.pk).update(is_active=False),
    )  # fmt: skip
    assert (item.outcome, item.outcome_note) == ("refused", carrying.NOBODY)


def test_a_wish_for_a_change_is_left_to_people(
    campaign: Campaign, alice: User, adam: User, bob: User
) -> None:
    item = right(campaign, "Bob", Sort.ROLE)
    services.decide(item, actor=adam, decision="change", reason="Operator is enough.")
    carried(campaign, alice)
    item.refresh_from_db()
    assert (item.outcome, item.outcome_note) == ("asked", "Operator is enough.")
    for actor, error in ((bob, Forbidden), (member("Bea", "admin"), None)):
        if error:
            with pytest.raises(error):
                services.settle(item, actor=actor, note="Done.")
        else:
            services.settle(item, actor=actor, note="Done.")


def test_nobody_settles_their_own(campaign: Campaign, alice: User, adam: User) -> None:
    item = right(campaign, "Adam", Sort.ROLE)
    services.decide(item, actor=alice, decision="change", reason="Less.")
    carried(campaign, alice)
    with pytest.raises(OwnRights):
        services.settle(item, actor=adam, note="Fine as it is.")


def test_a_worker_that_dies_is_followed_by_another(
    campaign: Campaign, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [right(campaign, "Bob", Sort.KEY), right(campaign, "Vera", Sort.MEMBERSHIP)]
    for item in items:
        assert item.reviewer is not None
        services.decide(item, actor=item.reviewer, decision="remove", reason="Not needed.")
    services.sign(decided(campaign), actor=alice)
    assert carrying._advance(campaign.pk)
    assert Chore.objects.filter(kind=carrying.CHORE, subject=campaign.pk).exists()
    carrying.carry(campaign.pk)
    assert not Chore.objects.filter(kind=carrying.CHORE, subject=campaign.pk).exists()
    assert AuditEntry.objects.filter(action="api_key.revoked").count() == 1


def test_the_end_tells_what_came_of_it(campaign: Campaign, alice: User) -> None:
    carried(campaign, alice, right(campaign, "Bob", Sort.KEY))
    entry = AuditEntry.objects.get(action="campaign.closed")
    assert entry.after is not None
    assert entry.after["digest"] == campaign.digest == carrying.digest(campaign)
    assert (entry.after["removed"], entry.after["remove"]) == (1, 1)
    told = Notification.objects.get(user=alice, kind="campaign.closed")
    assert told.text == "1 right removed, 0 to see to by hand."
    campaign.items.filter(sort="key").update(decision="keep")
    assert carrying.digest(campaign) != campaign.digest


def test_reminders_come_before_and_after_the_last_day(
    everything: None, alice: User, adam: User
) -> None:
    campaign = started(alice, reviewers="person", reviewer=adam, days=8, sorts=["role"])
    due = Chore.objects.get(kind=reminding.CHORE, subject=campaign.pk).due_at
    assert due == campaign.due_at - timedelta(days=7)
    for left in (6.9, 6.8, 0.9, -0.1, -8):
        Campaign.objects.update(due_at=timezone.now() + timedelta(days=left))
        reminding.remind(campaign.pk)
    told = Notification.objects.filter(user=adam, kind="campaign.due")
    assert [each.title for each in told.order_by("pk")] == [
        "Due: Third quarter", "Due: Third quarter", "Overdue: Third quarter", "Overdue: Third quarter",
    ]  # fmt: skip
    assert Notification.objects.filter(user=alice, kind="campaign.due").count() >= 2
    services.cancel(campaign, actor=alice, reason="Enough.")
    reminding.remind(campaign.pk)
    assert not Chore.objects.filter(kind=reminding.CHORE, subject=campaign.pk).exists()


def test_they_go_by_their_rule_unless_held(campaign: Campaign, alice: User) -> None:
    rule = classes.find("campaigns")
    later = timezone.now() + timedelta(minutes=1)
    assert rule.over(later) == []
    carried(campaign, alice)
    assert rule.over(later) == [campaign.pk]
    hold = place_hold(actor=alice, reason="Case")
    assert rule.over(later) == []
    release_hold(hold, actor=alice)
    rule.delete(rule.over(later))
    assert not Item.objects.exists()

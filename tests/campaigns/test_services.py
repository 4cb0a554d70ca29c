"""Deciding: by who is asked, never on one's own, with reasons; and the sign-off that needs two."""

import pytest

from apps.accounts.models import ApiKey, Group, User
from apps.accounts.services import add_to_group, create_group, hand_over, role_named
from apps.audit.models import AuditEntry
from apps.campaigns import independence, services
from apps.campaigns.exceptions import (
    CannotReview,
    NotAsked,
    NotOpen,
    OnlyReviewer,
    OwnRights,
    ReasonMissing,
    Undecided,
)
from apps.campaigns.models import Campaign, Item, Sort
from apps.common.errors import Forbidden, Invalid
from apps.notifications.models import Notification
from tests.campaigns.conftest import decided, right, started
from tests.factories.cast import member

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def campaign(everything: None, alice: User, adam: User) -> Campaign:
    """Adam is asked, and Alice about what is Adam's."""
    return started(alice, reviewers="person", reviewer=adam)


def test_who_is_asked_decides_and_may_change_their_mind(campaign: Campaign, adam: User) -> None:
    item = right(campaign, "Bob", Sort.ROLE)
    services.decide(item, actor=adam, decision="remove", reason="He has left the team.")
    item = services.decide(item, actor=adam, decision="keep")
    assert (item.decision, item.reason, item.decided_by) == ("keep", "", adam)
    first, second = AuditEntry.objects.filter(action="campaign.decided").order_by("pk")
    assert first.after is not None
    assert first.after["reason"] == "He has left the team."
    assert second.before == {"decision": "remove", "reason": "He has left the team."}


@pytest.mark.parametrize("decision", ["remove", "change"])
def test_what_does_not_stay_needs_a_reason(campaign: Campaign, adam: User, decision: str) -> None:
    item = right(campaign, "Bob", Sort.ROLE)
    with pytest.raises(ReasonMissing):
        services.decide(item, actor=adam, decision=decision, reason="  ")
    with pytest.raises(Invalid):
        services.decide(item, actor=adam, decision="maybe", reason="?")


def test_others_are_refused(campaign: Campaign, alice: User, bob: User) -> None:
    item = right(campaign, "Bob", Sort.ROLE)
    for actor in (alice, bob):
        with pytest.raises(NotAsked):
            services.decide(item, actor=actor, decision="keep")
    viewer = member("Vic", "viewer")
    Item.objects.filter(pk=item.pk).update(reviewer=viewer)  # who may not decide any more
    with pytest.raises(Forbidden):
        services.decide(item, actor=viewer, decision="keep")


def test_nobody_decides_on_their_own(campaign: Campaign, alice: User, adam: User) -> None:
    for holder, sort in (("Adam", Sort.ROLE), ("Adam", Sort.MEMBER)):
        item = right(campaign, holder, sort)
        Item.objects.filter(pk=item.pk).update(reviewer=adam)
        with pytest.raises(OwnRights):
            services.decide(item, actor=adam, decision="keep")
    program = right(campaign, "Export", Sort.KEY)  # which Alice made
    Item.objects.filter(pk=program.pk).update(reviewer=alice)
    with pytest.raises(OwnRights):
        services.decide(program, actor=alice, decision="keep")


def test_a_group_is_its_peoples_own(campaign: Campaign, alice: User, adam: User) -> None:
    item = right(campaign, "Group Support", Sort.GROUP_ROLE)
    assert item.reviewer == adam
    add_to_group(Group.objects.get(name="Support"), adam, actor=alice)
    with pytest.raises(OwnRights):
        services.decide(item, actor=adam, decision="keep")


def test_leaving_a_group_does_not_make_it_others(campaign: Campaign, alice: User) -> None:
    """Who was in it at the moment of the campaign stays concerned."""
    mona = member("Mona", "operator")
    group = create_group(name="Night", role="viewer", actor=alice)
    add_to_group(group, mona, actor=alice)
    again = started(alice, reviewers="person", reviewer=mona)
    group.memberships.all().delete()
    items = independence.without_own(again.items.all(), mona)
    assert not items.filter(holder=group.pk).exists()


def test_many_are_kept_together_and_say_so(campaign: Campaign, adam: User) -> None:
    services.decide(right(campaign, "Bob", Sort.ROLE), actor=adam, decision="keep")
    kept = services.keep_all(
        campaign, campaign.items.filter(sort="role"), actor=adam, filters={"sort": "role"}
    )
    assert kept == 2  # Alice's and Vera's
    assert not right(campaign, "Bob", Sort.ROLE).with_others
    assert right(campaign, "Vera", Sort.ROLE).with_others
    assert right(campaign, "Adam", Sort.ROLE).decision == ""
    entry = AuditEntry.objects.get(action="campaign.kept_many")
    assert entry.after == {"items": 2, "filters": {"sort": "role"}}


def test_what_somebody_cannot_do_is_handed_on(
    campaign: Campaign, alice: User, adam: User, bob: User, vera: User
) -> None:
    mona = member("Mona", "operator")
    asked = campaign.items.filter(holder_label__in=["Bob", "Vera"])
    moved, left = services.hand_on(campaign, asked, to=bob, actor=alice)
    own = campaign.items.filter(holder_label="Bob").count()
    assert (moved, left) == (asked.count() - own, own)
    assert Notification.objects.filter(user=bob, kind="campaign.asked").count() == 1
    with pytest.raises(CannotReview):
        services.hand_on(campaign, asked, to=member("Vic", "viewer"), actor=alice)
    with pytest.raises(Forbidden):
        services.hand_on(campaign, asked, to=mona, actor=mona)


def test_who_leaves_hands_over_what_they_are_asked(
    campaign: Campaign, alice: User, adam: User
) -> None:
    mona = member("Mona", "operator")
    services.decide(right(campaign, "Bob", Sort.ROLE), actor=adam, decision="keep")
    assert hand_over(adam, mona, actor=alice)["campaigns"] == 1
    assert right(campaign, "Vera", Sort.ROLE).reviewer == mona
    assert right(campaign, "Bob", Sort.ROLE).reviewer == adam  # what is decided stays


def test_it_is_signed_when_all_is_decided(campaign: Campaign, alice: User, adam: User) -> None:
    with pytest.raises(Undecided, match="not decided yet"):
        services.sign(campaign, actor=alice)
    decided(campaign)
    for actor in (member("Bert", "builder"), member("Otto", "operator")):
        with pytest.raises(Forbidden):
            services.sign(campaign, actor=actor)
    signed = services.sign(campaign, actor=adam, statement="Looked at with the team.")
    assert (signed.status, signed.signed_by) == (Campaign.Status.SIGNED, adam)
    entry = AuditEntry.objects.get(action="campaign.signed")
    assert entry.after is not None
    assert entry.after["kept"] == campaign.total
    with pytest.raises(NotOpen):
        services.decide(right(campaign, "Bob", Sort.ROLE), actor=adam, decision="keep")


def test_nobody_reviews_and_signs_alone(alice: User, adam: User, bob: User) -> None:
    campaign = started(alice, reviewers="person", reviewer=adam, sorts=["role"], roles=["builder"])
    decided(campaign)
    with pytest.raises(OnlyReviewer):
        services.sign(campaign, actor=adam)
    services.sign(campaign, actor=alice)


def test_a_key_that_signs_is_remembered(alice: User, adam: User, bob: User) -> None:
    campaign = decided(started(alice, reviewers="person", reviewer=adam, sorts=["role"]))
    key = ApiKey.objects.create(key_id="k", name="Ops", user=alice, role=role_named("owner"))
    actor = User.objects.get(pk=alice.pk)
    actor.acting_key = key
    assert services.sign(campaign, actor=actor).signed_through == key


def test_it_is_given_up_with_a_reason(campaign: Campaign, alice: User, bob: User) -> None:
    with pytest.raises(Forbidden):
        services.cancel(campaign, actor=bob, reason="?")
    with pytest.raises(ReasonMissing):
        services.cancel(campaign, actor=alice, reason=" ")
    services.cancel(campaign, actor=alice, reason="The scope was wrong.")
    assert not Notification.objects.unread().filter(about=campaign.pk).exists()
    with pytest.raises(NotOpen):
        services.cancel(campaign, actor=alice, reason="Again.")


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": " "}, "name"),
        ({"sorts": []}, "sorts"),
        ({"sorts": ["nonsense"]}, "sorts"),
        ({"roles": ["emperor"]}, "roles"),
        ({"days": 0}, "days"),
        ({"days": 91}, "days"),
        ({"reviewers": "nobody"}, "reviewers"),
        ({"reviewers": "person"}, "reviewer"),
        ({"reviewers": "role"}, "reviewer_role"),
    ],
)
def test_terms_that_make_no_sense_begin_nothing(
    alice: User, terms: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        started(alice, **terms)
    assert refused.value.errors[0]["field"] == field
    assert not Campaign.objects.exists()


def test_only_who_manages_begins_one(bob: User, alice: User) -> None:
    with pytest.raises(Forbidden):
        started(bob)
    with pytest.raises(CannotReview):
        started(alice, reviewers="person", reviewer=member("Vic", "viewer"))

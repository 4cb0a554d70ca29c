"""A workspace with rights of all sorts, and a campaign about them."""

from typing import Any

import pytest

from apps.accounts.models import Folder, Group, User
from apps.accounts.services import (
    add_to_group,
    create_api_key,
    create_folder,
    create_group,
    create_service_key,
    give_right,
)
from apps.campaigns import services, taking
from apps.campaigns.models import Campaign, Item, Sort
from tests.factories.cast import member


@pytest.fixture
def folder(alice: User) -> Folder:
    return create_folder(name="Claims", actor=alice)


@pytest.fixture
def support(alice: User, vera: User) -> Group:
    """A group whose people operate; Vera is in it."""
    group = create_group(name="Support", role="operator", actor=alice)
    add_to_group(group, vera, actor=alice)
    return group


@pytest.fixture
def everything(alice: User, bob: User, vera: User, folder: Folder, support: Group) -> None:
    """Rights of all sorts that there are without a company's provider."""
    give_right(folder, vera, role="builder", actor=alice)
    give_right(folder, support, role="viewer", actor=alice)
    create_api_key(name="Bob's", role="viewer", user=bob, actor=bob)
    create_service_key(name="Export", role="viewer", actor=alice)


@pytest.fixture
def adam(alice: User) -> User:
    """An admin, who reviews."""
    return member("Adam", "admin")


def started(actor: User, **terms: Any) -> Campaign:
    """Begin a campaign and fix its rights."""
    asked: dict[str, Any] = {"name": "Third quarter", "sorts": Sort.values, "reviewers": "managers"}
    campaign = services.start_campaign(actor=actor, **{**asked, **terms})
    taking.carry(campaign.pk)
    campaign.refresh_from_db()
    return campaign


def right(campaign: Campaign, holder: str, sort: str) -> Item:
    """Return what a holder had of a sort."""
    return campaign.items.get(holder_label=holder, sort=sort)


def decided(campaign: Campaign, *, but: Item | None = None) -> Campaign:
    """Have everything kept by who is asked, but for one item."""
    for item in campaign.items.undecided().exclude(reviewer=None).select_related("reviewer"):
        if but is None or item.pk != but.pk:
            assert item.reviewer is not None
            services.decide(item, actor=item.reviewer, decision="keep")
    return campaign

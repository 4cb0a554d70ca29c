"""A folder in which publishing needs a review, and people who make and who look."""

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import create_folder
from apps.reviews.models import Rule
from apps.reviews.services import set_rule
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.cast import member
from tests.workflows.definitions import greeting


@pytest.fixture
def rosa(alpha: Tenant) -> User:
    """A builder like Bob, who has worked on nothing."""
    return member("Rosa", "builder")


@pytest.fixture
def folder(alice: User) -> Folder:
    return create_folder(name="Reviewed", actor=alice)


@pytest.fixture
def rule(alice: User, folder: Folder) -> Rule:
    return set_rule(actor=alice, folder=folder, approvals=1)


@pytest.fixture
def workflow(bob: User, folder: Folder, rule: Rule) -> Workflow:
    return create_workflow(actor=bob, name="Refund", definition=greeting(), folder=folder)

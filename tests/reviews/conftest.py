"""A folder in which publishing needs a review, and people who make and who look."""

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import add_member, create_folder
from apps.reviews.models import Rule
from apps.reviews.services import set_rule
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.workflows.definitions import greeting


def person(name: str, role: str) -> User:
    return add_member(email=f"{name}@example.com", name=name.title(), role=role)


@pytest.fixture
def owner(alpha: Tenant) -> User:
    return person("olga", "owner")


@pytest.fixture
def author(alpha: Tenant) -> User:
    return person("ada", "builder")


@pytest.fixture
def reviewer(alpha: Tenant) -> User:
    return person("rosa", "builder")


@pytest.fixture
def folder(owner: User) -> Folder:
    return create_folder(name="Reviewed", actor=owner)


@pytest.fixture
def rule(owner: User, folder: Folder) -> Rule:
    return set_rule(actor=owner, folder=folder, approvals=1)


@pytest.fixture
def workflow(author: User, folder: Folder, rule: Rule) -> Workflow:
    return create_workflow(actor=author, name="Refund", definition=greeting(), folder=folder)

"""A workflow in a folder, people who see it, one who reads only, and one who sees another folder."""

import pytest

from apps.accounts.models import Folder, Role, RoleBinding, User
from apps.accounts.services import create_folder
from apps.comments.models import Thread
from apps.comments.services import Anchor, begin_thread
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.cast import member
from tests.workflows.definitions import greeting


@pytest.fixture
def folder(alice: User) -> Folder:
    return create_folder(name="Finance", actor=alice)


@pytest.fixture
def workflow(bob: User, folder: Folder) -> Workflow:
    return create_workflow(actor=bob, name="Refund", definition=greeting(), folder=folder)


@pytest.fixture
def rita(alpha: Tenant) -> User:
    """She sees workflows, and may do nothing else."""
    Role.objects.create(name="reader", label="Reader", permissions=["workflow.view"])
    return member("Rita", "reader")


@pytest.fixture
def gus(alice: User) -> User:
    """A builder of another folder, who does not see the workflow."""
    gus = member("Gus", "builder")
    elsewhere = create_folder(name="Elsewhere", actor=alice)
    RoleBinding.objects.filter(user=gus).update(folder=elsewhere)
    return gus


@pytest.fixture
def thread(workflow: Workflow, bob: User) -> Thread:
    """Bob's question about a step."""
    return begin_thread(workflow, actor=bob, anchor=Anchor("greet"), text="Why this?")

"""A workspace keeps an owner, and an invitation makes one member, whoever acts at the same moment."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from apps.accounts import services
from apps.accounts.exceptions import AlreadyMember, InvitationClosed, LastOwner
from apps.accounts.models import RoleBinding, User
from apps.common.errors import DomainError
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from tests.accounts.test_invitations import invited
from tests.factories.cast import member

pytestmark = pytest.mark.django_db(transaction=True)


def together(tenant: Tenant, *acts: Callable[[], object]) -> Counter[str]:
    """Do things at the same moment; return what became of them."""
    gate = Barrier(len(acts))

    def one(act: Callable[[], object]) -> str:
        try:
            with tenant_context(tenant):
                gate.wait(30)
                act()
        except DomainError as refused:
            return type(refused).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(pool.map(one, acts))


@pytest.mark.parametrize("how", ["demote", "suspend", "remove"])
def test_of_two_owners_who_end_each_other_one_stays(alpha: Tenant, alice: User, how: str) -> None:
    olga = member("Olga", "owner")

    def end(whom: User, by: User) -> None:
        match how:
            case "demote":
                services.change_role(whom, role="viewer", actor=by)
            case "suspend":
                services.set_active(whom, active=False, actor=by)
            case _:
                services.remove_member(whom, actor=by)

    def fresh(user: User) -> User:
        found: User = User.objects.get(pk=user.pk)
        return found

    got = together(
        alpha, lambda: end(fresh(alice), fresh(olga)), lambda: end(fresh(olga), fresh(alice))
    )
    assert got["done"] == 1, got
    owners = RoleBinding.objects.filter(role__name="owner", user__is_active=True)
    assert owners.count() == 1


def test_an_invitation_makes_one_member(alpha: Tenant, alice: User) -> None:
    token = invited(alice, "viewer")

    def accept() -> None:
        services.accept_invitation(token, name="New", password="correct horse 9")

    got = together(alpha, *[accept] * 5)
    assert got["done"] == 1, got
    assert set(got) <= {"done", InvitationClosed.__name__, AlreadyMember.__name__}
    assert LastOwner.__name__ not in got

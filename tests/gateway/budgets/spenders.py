"""`python -m tests.gateway.budgets.spenders`: processes that ask models at the same time.

Forks as many as it is told to, says their ids, and ends when the last of them has. Each asks, fifty
calls at a time, until it is refused; some calls are given up, and one process may be told to die.
"""

import asyncio
import os
import signal
import sys
from decimal import Decimal

import django
from django.conf import settings

AT_A_TIME = 50
GIVE_UP_S = 0.01
BODY = {"messages": [{"role": "user", "content": "Hi"}], "max_tokens": 400}


async def spend() -> None:
    """Ask until nothing is left."""
    async with asyncio.TaskGroup() as group:
        for place in range(AT_A_TIME):
            group.create_task(_ask_on(place))


async def _ask_on(place: int) -> None:
    from apps.gateway.asks import Ask
    from apps.gateway.carrying import carried
    from apps.gateway.exceptions import BudgetReached

    number = place
    while True:
        number += 1
        ask = Ask("default", BODY, streams=number % 2 == 0)
        try:
            async with (
                asyncio.timeout(GIVE_UP_S if number % 5 == 0 else None),
                carried(ask) as call,
            ):
                _ = [part async for part in call.answer.parts()]
        except TimeoutError:
            continue
        except BudgetReached:
            return


async def die_in_a_call() -> None:
    """Reserve half a dollar, and be killed before the call is over."""
    from apps.gateway.budgets import spending
    from apps.gateway.budgets.subjects import Payer

    await spending.reserve(await spending.terms_of(Payer()), Decimal("0.5"))
    os.kill(os.getpid(), signal.SIGKILL)


def plant() -> None:
    """Let nobody reserve: whoever sees that something is left goes on, as is often done."""
    from apps.gateway import bills
    from apps.gateway.budgets import spending
    from apps.gateway.budgets.purse import Charge

    real = spending.reserve

    async def naive(terms: spending.Terms, amount: Decimal) -> Charge:
        (await real(terms, Decimal("0.0000000001"))).settle(Decimal(0))
        return await real(terms, Decimal("0.0000000001"))

    bills.spending.reserve = naive  # type: ignore[attr-defined]


def child(deed: str) -> int:
    """Do it in the workspace alpha."""
    from apps.tenants.context import public_scope, tenant_context
    from apps.tenants.models import Tenant

    with public_scope():
        tenant = Tenant.objects.get(slug="alpha")
    if deed == "plant":
        plant()
    with tenant_context(tenant):
        asyncio.run(die_in_a_call() if deed == "die" else spend())
    return 0


def fork(deed: str) -> int:
    """Fork a process that does it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = child(deed)
        finally:
            os._exit(code)
    return pid


def main() -> None:
    """Fork, say who they are, and wait."""
    deed, count = sys.argv[1], int(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "auterity.settings.test"
    settings.DATABASES["default"]["NAME"] = os.environ["SPENDERS_DATABASE"]
    settings.EGRESS_ALLOW = [os.environ["SPENDERS_EGRESS"]]
    django.setup()
    pids = [fork(deed) for _ in range(count)]
    sys.stdout.write(" ".join(map(str, pids)) + "\n")
    sys.stdout.flush()
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    sys.stdout.write(" ".join(map(str, codes)) + "\n")


if __name__ == "__main__":
    main()

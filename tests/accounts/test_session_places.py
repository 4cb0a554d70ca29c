"""From where people are let in, and in how many browsers at once, where a workspace says so."""

from datetime import timedelta
from ipaddress import ip_address
from random import randrange

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from apps.accounts import services
from apps.accounts.api.authentication import user_of_session
from apps.accounts.links import sign_in_path
from apps.accounts.models import SignIn, SignInRules, User
from apps.audit.models import AuditEntry
from apps.common.errors import Invalid
from apps.common.requests import RequestInfo, request_info
from tests.factories.browsers import browser
from tests.factories.cast import api_client, key_client
from tests.factories.factors import PASSWORD

OFFICE, ELSEWHERE = "203.0.113.7", "198.51.100.1"
PAGE, API = "/profile/", "/api/v1/me/"


@pytest.fixture
def bound(alice: User) -> SignInRules:
    return services.change_sign_in_rules({"networks": ["203.0.113.0/24"]}, actor=alice)


@pytest.fixture
def two_at_once(alice: User) -> SignInRules:
    return services.change_sign_in_rules({"most_sessions": 2}, actor=alice)


def untold() -> str:
    """Return an address elsewhere that nothing was refused from: refusals of each are counted."""
    return str(ip_address("2001:db8::") + randrange(1 << 64))


def signing_in(user: User, address: str = OFFICE) -> tuple[Client, int]:
    client = Client(HTTP_HOST="alpha.localhost", REMOTE_ADDR=address)
    form = {"login": user.email, "password": PASSWORD}
    return client, client.post("/accounts/login/", form).status_code


def opens(client: Client, address: str = OFFICE) -> bool:
    return client.get(PAGE, REMOTE_ADDR=address).status_code == 200


def stays_open(session_key: str | None, address: str) -> bool:
    """Tell whether a socket from an address would stay open: each asks this every few seconds."""
    token = request_info.set(RequestInfo(ip=address))
    try:
        return user_of_session(session_key) is not None
    finally:
        request_info.reset(token)


def test_a_session_opens_nothing_from_elsewhere(bound: SignInRules, vera: User) -> None:
    client = browser(vera)
    key = client.session.session_key
    assert opens(client)
    assert client.get(API, REMOTE_ADDR=OFFICE).status_code == 200
    assert stays_open(key, OFFICE)
    assert not stays_open(key, ELSEWHERE)
    assert client.get(API, REMOTE_ADDR=ELSEWHERE).status_code == 401
    assert client.get("/accounts/2fa/", REMOTE_ADDR=ELSEWHERE).status_code == 302
    answer = client.get(PAGE, REMOTE_ADDR=ELSEWHERE)
    assert answer["Location"].startswith("/accounts/login/")
    told = AuditEntry.objects.filter(action="session.refused", actor_id=str(vera.pk)).first()
    assert told
    assert told.after
    assert (told.after["code"], told.result) == ("outside_networks", "denied")
    assert str(told.ip) == ELSEWHERE


def test_nobody_signs_in_from_elsewhere_and_is_told_why(bound: SignInRules, vera: User) -> None:
    assert signing_in(vera)[1] == 302
    address = untold()
    client = Client(HTTP_HOST="alpha.localhost", REMOTE_ADDR=address)
    page = client.post("/accounts/login/", {"login": vera.email, "password": PASSWORD})
    assert page.status_code == 403
    assert f"you are at {address}" in page.content.decode()
    assert not opens(client)
    entry = AuditEntry.objects.get(action="session.refused")
    assert entry.after == {"email": vera.email, "reason": "outside_networks", "times": 1}
    assert (entry.actor_id, str(entry.ip)) == ("", address)


def test_a_link_from_elsewhere_is_refused_at_its_end(bound: SignInRules, vera: User) -> None:
    link = sign_in_path(vera)
    client = Client(HTTP_HOST="alpha.localhost", REMOTE_ADDR=ELSEWHERE)
    page = client.post(link)
    assert page.status_code == 403
    assert not opens(client)
    entry = AuditEntry.objects.get(action="session.refused")
    assert entry.after == {"email": vera.email, "reason": "outside_networks"}


def test_elsewhere_says_the_same_of_right_and_wrong_passwords_and_of_nobody(
    bound: SignInRules, vera: User
) -> None:
    tried = ((vera.email, PASSWORD), (vera.email, "wrong horse 7"), ("no@one.example", PASSWORD))
    address, said = untold(), set()
    for email, password in tried:
        client = Client(HTTP_HOST="alpha.localhost", REMOTE_ADDR=address)
        page = client.post("/accounts/login/", {"login": email, "password": password})
        assert page.status_code == 403
        said.add(page.content.decode().partition("<main")[2])
    assert len(said) == 1


def test_strangers_elsewhere_do_not_fill_the_trail(bound: SignInRules) -> None:
    address = untold()
    client = Client(HTTP_HOST="alpha.localhost", REMOTE_ADDR=address)
    for number in range(12):
        form = {"login": f"no{number}@one.example", "password": PASSWORD}
        assert client.post("/accounts/login/", form).status_code == 403
    told = AuditEntry.objects.filter(action="session.refused")
    assert sorted(entry.after["times"] for entry in told if entry.after) == [1, 2, 3, 4, 5, 10]


def test_keys_have_networks_of_their_own(bound: SignInRules, vera: User) -> None:
    text = services.create_api_key(name="k", role="viewer", user=vera, actor=vera)[1]
    assert key_client(text).get(API, REMOTE_ADDR=ELSEWHERE).status_code == 200


def test_what_is_open_elsewhere_ends_with_the_rule_and_opens_again_without(
    alice: User, vera: User
) -> None:
    client = browser(vera)
    key = client.session.session_key
    assert stays_open(key, ELSEWHERE)
    services.change_sign_in_rules({"networks": [OFFICE]}, actor=alice)
    assert not stays_open(key, ELSEWHERE)
    services.change_sign_in_rules({"networks": []}, actor=alice)
    assert stays_open(key, ELSEWHERE)


def test_nobody_shuts_themselves_out(alice: User) -> None:
    client = api_client(alice)
    answer = client.patch("/api/v1/sign-in-rules/", {"networks": [OFFICE]}, format="json", REMOTE_ADDR=ELSEWHERE)  # fmt: skip
    assert answer.status_code == 422
    assert f"You are at {ELSEWHERE}" in answer.content.decode()
    assert SignInRules.objects.now().networks == []


def test_a_program_elsewhere_may_set_and_lift_it(alice: User) -> None:
    text = services.create_api_key(name="k", role="owner", user=alice, actor=alice)[1]
    program = key_client(text)
    for networks in ([f"{OFFICE}/32"], []):
        answer = program.patch("/api/v1/sign-in-rules/", {"networks": networks}, format="json")
        assert (answer.status_code, answer.json()["networks"]) == (200, networks)


def test_one_more_browser_ends_the_one_that_was_not_used_longest(
    two_at_once: SignInRules, vera: User
) -> None:
    first, _ = signing_in(vera)
    second, _ = signing_in(vera)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=True):
        assert opens(first)
        third, _ = signing_in(vera)
        assert [opens(each) for each in (first, second, third)] == [True, False, True]
    entry = AuditEntry.objects.get(action="session.ended")
    assert entry.target_id == str(vera.pk)
    assert entry.before
    assert entry.before["reason"] == "signed in elsewhere, at most 2 at once"


def test_others_sessions_are_not_counted(two_at_once: SignInRules, alice: User, vera: User) -> None:
    clients = [signing_in(each)[0] for each in (vera, alice, vera, alice)]
    assert all(opens(each) for each in clients)


def test_a_smaller_number_counts_at_once(alice: User, vera: User) -> None:
    clients = [signing_in(vera)[0] for _ in range(3)]
    services.change_sign_in_rules({"most_sessions": 1}, actor=alice)
    assert [opens(each) for each in clients] == [False, False, True]
    assert len(SignIn.objects.of(vera)) == 1


@pytest.mark.parametrize(
    "changes", [{"most_sessions": 0}, {"most_sessions": 101}, {"networks": ["everywhere"]}]
)
def test_what_makes_no_sense_is_refused(alice: User, changes: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        services.change_sign_in_rules(changes, actor=alice)


def test_owners_set_it_on_the_page_and_it_is_told(alice: User) -> None:
    client = browser(alice)
    form = {"idle": "3600", "longest": "86400", "factor_for": "nobody", "factor_grace": "0"}
    places = {"most_sessions": "3", "networks": "203.0.113.0/24\n127.0.0.1"}
    assert client.post("/sign-in-rules/", form | places).status_code == 302
    page = client.get("/sign-in-rules/").content.decode()
    assert "203.0.113.0/24" in page
    assert "You are at <code>127.0.0.1</code>" in page
    rules = SignInRules.objects.now()
    assert (rules.most_sessions, rules.networks) == (3, ["203.0.113.0/24", "127.0.0.1/32"])
    entry = AuditEntry.objects.get(action="sign_in_rules.changed")
    assert entry.after
    assert (entry.after["most_sessions"], entry.after["networks"]) == (3, rules.networks)
    outside = client.post("/sign-in-rules/", form | {"networks": OFFICE})
    assert outside.status_code == 422
    assert "You are at 127.0.0.1" in outside.content.decode()

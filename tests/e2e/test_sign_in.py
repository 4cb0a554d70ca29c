"""The first minutes: in by a printed link, out again, and back with a code from the mail."""

from collections.abc import Callable

from tests.e2e.conftest import Demo, Visitor

Visit = Callable[..., Visitor]


def test_a_printed_link_signs_in_once(demo: Demo, visit: Visit) -> None:
    visitor = visit("owner")
    visitor.page.goto("/")
    assert visitor.page.get_by_role("heading", level=1).is_visible()
    stranger = visit()
    answer = stranger.page.goto(demo.link("owner"))
    assert answer is not None
    assert answer.status == 410
    stranger.errors.clear()  # the browser logs the status of the page as an error


def test_strangers_are_led_to_the_sign_in(visit: Visit) -> None:
    visitor = visit()
    visitor.page.goto("/workflows/")
    assert "/accounts/login/" in visitor.page.url
    assert visitor.page.get_by_label("E-mail").is_visible()

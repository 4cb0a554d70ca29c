"""The real product for browser tests: `manage.py up` on a data folder and a port of its own.

Everything is what a person meets after `make run`: the sign-in links are read from what the
product prints, and nothing reaches into its database.
"""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.e2e.company import Company
from tests.factories.prepared import prepared_folder
from tests.factories.product import ROOT, Product

LINK = re.compile(r"(?P<name>\S+ \S+)\s+(?P<role>\w+)\s+(?P<url>http\S+/accounts/link/\S+)")
READY_S, WAIT_MS = 600, 60_000
CHROMIUM = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip
# A busy machine is no failure: what a page shows is waited for as long as what it answers.
expect.set_options(timeout=WAIT_MS)
# Colours fade from one theme to the other; a picture of the middle shows neither.
SETTLED = """
() => new Promise(requestAnimationFrame).then(() => Promise.allSettled(
  document.getAnimations().filter((each) => each instanceof CSSTransition).map((each) => each.finished)
))
"""
SHOTS = Path(os.environ.get("AUTERITY_SCREENSHOTS", ROOT / "test-results" / "screenshots"))


@dataclass
class Demo:
    """The running product with its demo workspace."""

    product: Product

    @property
    def url(self) -> str:
        """The demo workspace."""
        return f"http://localhost:{self.product.port}"

    def link(self, role: str) -> str:
        """Return the one-time sign-in link of the demo person with this role."""
        found = [match for line in self.product.lines if (match := LINK.search(line))]
        return next(match["url"] for match in found if match["role"] == role)

    def command(self, *arguments: str) -> str:
        """Run a management command beside the product and return the last word it printed."""
        return self.product.command(*arguments).split()[-1]


@contextmanager
def running(code: Path, **env: str) -> Iterator[Demo]:
    """Start the product of a tree, wait until it says that it is ready, and stop it in order."""
    with prepared_folder() as folder:
        product = Product(folder, code=code, port=0, **env).start()
        if not product.says("Ctrl-C stops everything", seconds=READY_S):
            product.process.kill()
            pytest.fail(f"The product did not start:\n{product.output[-4000:]}")
        yield Demo(product)
        product.stop()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The product as it is checked out."""
    with running(ROOT) as found:
        yield found


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        yield browser
        browser.close()


@dataclass
class Visitor:
    """A person at a browser of their own, with everything that went wrong on their pages."""

    context: BrowserContext
    page: Page
    errors: list[str] = field(default_factory=list)

    def shot(self, name: str) -> None:
        """Take a screenshot in both themes."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            self.page.evaluate(SETTLED)
            self.page.screenshot(path=SHOTS / f"{name}-{scheme}.png")
        self.page.emulate_media(color_scheme="light")


@pytest.fixture
def visit(demo: Demo, chromium: Browser) -> Iterator[Callable[..., Visitor]]:
    """Return a function that opens a browser; with a role, signed in as the demo person who has it.

    A page that logs an error or breaks the content security policy fails the test.
    """
    opened: list[Visitor] = []

    def open_browser(role: str = "", width: int = 1440, height: int = 900) -> Visitor:
        context = chromium.new_context(
            base_url=demo.url, viewport={"width": width, "height": height}
        )
        context.set_default_timeout(WAIT_MS)
        visitor = Visitor(context, context.new_page())
        visitor.page.on("console", lambda message: _note(visitor, message))
        visitor.page.on("pageerror", lambda error: visitor.errors.append(str(error)))
        opened.append(visitor)
        if role:
            sign_in(demo, visitor, role)
        return visitor

    yield open_browser
    errors = [error for visitor in opened for error in visitor.errors]
    for visitor in opened:
        visitor.context.close()
    assert not errors


_states: dict[tuple[str, str], Any] = {}


def sign_in(demo: Demo, visitor: Visitor, role: str) -> None:
    """Use the printed link the first time, and its session afterwards: links work once."""
    known = demo.url, role
    if known in _states:
        visitor.context.add_cookies(_states[known])
        return
    visitor.page.goto(demo.link(role))
    visitor.page.get_by_role("button").first.click()
    visitor.page.wait_for_url(f"{demo.url}/")
    remember(demo, visitor, role)


def remember(demo: Demo, visitor: Visitor, role: str) -> None:
    """Let later tests go on with the session of this one, which ended the one before."""
    _states[demo.url, role] = visitor.context.cookies()


def _note(visitor: Visitor, message: Any) -> None:
    if message.type == "error":
        visitor.errors.append(f"{message.text} ({message.location.get('url', '')})")


@pytest.fixture
def company() -> Iterator[Company]:
    made = Company()
    yield made
    made.close()


@pytest.fixture
def place(company: Company) -> Iterator[Demo]:
    """A product that may reach the company's provider and asks its name server."""
    env = {
        "AUTERITY_EGRESS_ALLOW": company.issuer,
        "AUTERITY_DNS_SERVER": company.names.address,
    }
    with running(ROOT, **env) as found:
        yield found

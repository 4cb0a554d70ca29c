"""Browsers of the demo's people, and pictures of what they see in both themes."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from tests.e2e.accessibility import STANDS
from tests.e2e.conftest import WAIT_MS, Demo, Visitor, sign_in

WIDE, PHONE = (1280, 800), (390, 844)
FADED_MS = 700  # from one theme to the other
QUALITY = 60
FONTS = "() => document.fonts.ready.then(() => undefined)"

Scene = Callable[["Camera"], None]
SCENES: dict[str, Scene] = {}


def scene(taken: Scene) -> Scene:
    """Register a scene by its name."""
    SCENES[taken.__name__] = taken
    return taken


@dataclass
class Camera:
    """Opens browsers for one scene, and keeps what they show."""

    demo: Demo
    browser: Browser
    folder: Path
    opened: list[Visitor] = field(default_factory=list)

    def visit(self, role: str, size: tuple[int, int] = WIDE) -> Visitor:
        """Open a browser as the demo's person with this role."""
        context = self.browser.new_context(
            base_url=self.demo.url,
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            timezone_id="Europe/Berlin",
        )
        context.set_default_timeout(WAIT_MS)
        visitor = Visitor(context, context.new_page())
        self.opened.append(visitor)
        sign_in(self.demo, visitor, role)
        return visitor

    def take(self, page: Page, name: str) -> None:
        """Keep a picture in light and in dark."""
        page.evaluate(FONTS)
        devtools = page.context.new_cdp_session(page)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_timeout(FADED_MS)
            page.evaluate(STANDS)
            wanted = {"format": "webp", "quality": QUALITY}
            picture = devtools.send("Page.captureScreenshot", wanted)["data"]
            (self.folder / f"{name}-{scheme}.webp").write_bytes(base64.b64decode(picture))
        page.emulate_media(color_scheme="light")
        devtools.detach()

    def close(self) -> None:
        """Close the browsers of the scene."""
        for visitor in self.opened:
            visitor.context.close()
        self.opened.clear()

"""What axe finds on a page."""

from typing import Any

from playwright.sync_api import Page

from tests.factories.product import ROOT

AXE = ROOT / "static" / "studio" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = "tags => axe.run(document, { runOnly: { type: 'tag', values: tags } })"
FADED_MS = 300  # what fades in is judged when it stands
# A busy machine takes longer over that: what does not loop is waited for.
STANDS = """() => Promise.allSettled(document.getAnimations()
  .filter((each) => each.effect?.getComputedTiming().iterations !== Infinity)
  .map((each) => each.finished))"""


def violations(page: Page) -> list[str]:
    """Return what breaks WCAG 2.2 AA in the theme that is shown, each place as one line."""
    page.wait_for_timeout(FADED_MS)
    page.evaluate(STANDS)
    page.evaluate(AXE.read_text())
    result: Any = page.evaluate(RUN, TAGS)
    return [
        f"{each['id']} {node['target']} {node['failureSummary']}"
        for each in result["violations"]
        for node in each["nodes"][:3]
    ]

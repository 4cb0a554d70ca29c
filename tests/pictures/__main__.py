"""`python -m tests.pictures [scene...]`: take the pictures of docs/, all or those of some scenes."""

import os
import shutil
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "auterity.settings.test")
django.setup()

# ruff: noqa: E402 - what follows may be imported only once Django is set up
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import CHROMIUM, Demo, running
from tests.factories.product import ROOT
from tests.pictures import canvas, runs, together, versions  # noqa: F401 - they register their scenes
from tests.pictures.camera import SCENES, Camera

FOLDER = ROOT / "docs" / "screenshots"


def main(names: list[str]) -> None:
    """Take them from a product of its own."""
    if unknown := set(names) - set(SCENES):
        sys.exit(f"No such scene: {', '.join(unknown)}. There are: {', '.join(SCENES)}.")
    with running(ROOT) as demo:
        take(demo, names or list(SCENES))


def take(demo: Demo, names: list[str]) -> None:
    """Play the scenes, one after the other."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=CHROMIUM)
        camera = Camera(demo, browser, FOLDER)
        for name in names:
            sys.stdout.write(f"{name}\n")
            try:
                SCENES[name](camera)
            finally:
                camera.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1:])

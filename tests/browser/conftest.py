"""Pages in a real Chromium: opened from the disk, without a network, everything that goes wrong noted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from derivviz.look import fonts

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include><dir>{folder}</dir></fontconfig>
"""


@dataclass
class Opened:
    """A page that is open.

    Attributes
    ----------
    page
        Playwright's page: ``page.mouse``, ``page.keyboard``, ``page.locator(…)``, ``page.evaluate(…)``.
    complaints
        Errors and warnings of the console, errors that nothing caught, requests that failed, and requests for
        anything outside the page's own folder. The test fails when any are left at its end.
    """

    page: Any
    complaints: list[str] = field(default_factory=list)

    def violations(self, within: str | None = None) -> list[str]:
        """What axe-core finds hard of access, in the page or in what a CSS selector names; a sentence each."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, within).response["violations"]
        return [
            f"{rule['id']} ({rule['impact']}): {rule['help']}: {node['html'][:200]}"
            for rule in found
            for node in rule["nodes"]
        ]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A running Chromium. Of a module, not of the session: while it runs, no other test can run an event loop.

    Without one the test is skipped, except in CI, where it fails.
    """
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        reason = "needs a Chromium: sudo apt-get install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    from playwright.sync_api import sync_playwright

    settings = tmp_path_factory.mktemp("fonts") / "fonts.conf"  # Hangul also where the machine has none
    settings.write_text(FONTS.format(folder=Path(fonts.__file__).with_name("fonts")))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, env={**os.environ, "FONTCONFIG_FILE": str(settings)}
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any) -> Iterator[Callable[..., Opened]]:
    """Opens a page: ``open_page(path)``, a file, or an address with ``offline=False``.

    Further arguments are those of Playwright's ``Browser.new_context``: ``viewport``, ``has_touch``,
    ``color_scheme``, ``locale``, …
    """
    opened: list[Opened] = []

    def open_it(what: Path | str, *, offline: bool = True, **context: Any) -> Opened:
        address = what.resolve().as_uri() if isinstance(what, Path) else what
        context = {"viewport": {"width": 1100, "height": 800}, "locale": "en-US"} | context
        page = chromium.new_context(offline=offline, **context).new_page()
        page.set_default_timeout(30_000)  # other tests may keep every core busy
        one = Opened(page)
        opened.append(one)
        home = address.rsplit("/", 1)[0] + "/"

        def asked(request: Any) -> None:
            if not request.url.startswith((home, "data:", "blob:")):
                one.complaints.append(f"asks for {request.url[:200]}")

        def said(message: Any) -> None:
            if message.type in ("error", "warning"):
                one.complaints.append(f"console {message.type}: {message.text}")

        page.on("request", asked)
        page.on("console", said)
        page.on("pageerror", lambda error: one.complaints.append(f"not caught: {error}"))
        page.on("requestfailed", lambda request: one.complaints.append(f"failed: {request.url[:200]}"))
        page.goto(address)
        return one

    yield open_it
    for one in opened:
        one.page.context.close()
    assert [complaint for one in opened for complaint in one.complaints] == []

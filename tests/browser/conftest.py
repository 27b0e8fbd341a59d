"""A phone and a desk: real Chromium on a whole store, one address for each buyer."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from tests.conftest import BROWSER

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
_buyers = itertools.count(1)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for this folder, gone before the next: while Playwright's loop lives, Django refuses this thread its
    rows."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield browser
        browser.close()


def told(said: ConsoleMessage) -> str:
    return f"{said.text} ({said.location.get('url', '')})"


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page as one more person; what the browser complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def open_page(width: int = 390, **options: Any) -> Page:
        height = 844 if width < 700 else 900
        headers = {"X-Forwarded-For": f"10.77.0.{next(_buyers)}"}
        context = chromium.new_context(
            viewport={"width": width, "height": height}, extra_http_headers=headers, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda problem: complaints.append(str(problem)))
        page.on("console", lambda said: complaints.append(told(said)) if said.type == "error" else None)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints

"""One browser and one server for the tests of the face; every test has a page of its own."""
import os

import pytest

from tests.host_sim.web.browser import CHROMIUM, FLAGS, Hand, served

# They need Debian's Chromium and a machine that is not busy: `make face-check` runs them.
collect_ignore = [] if os.environ.get("FACE") else ["test_refunds.py"]


@pytest.fixture(scope="session")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address():
    """Of a `tuidan run` that is new."""
    with served("--language", "en") as (address, _process):
        yield address


@pytest.fixture
def hand(chromium, address):
    """A Hand at the first till. Whatever the browser's console complains of fails the test."""
    context = chromium.new_context(viewport={"width": 1280, "height": 720})
    made = Hand(context.new_page(), address)
    yield made
    context.close()
    assert made.trouble == []

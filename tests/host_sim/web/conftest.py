"""One browser a file and one server for the tests of the face; every test has a world and a page
of its own in them."""
import pytest

from tests.host_sim.web.browser import Hand, open_anew
from tools import browser
from tools.browser import served


@pytest.fixture(scope="module")  # while Playwright runs, its thread cannot run another event loop
def chromium():
    with browser.chromium() as running:
        yield running


@pytest.fixture(scope="session")
def server():
    """The address of a `tuidan run`."""
    with served("--language", "en") as (address, _process):
        yield address


@pytest.fixture
def hands(chromium, server):
    """hands(**options of a browser) -> a Hand at the first till of a new world, each call one more
    browser. Whatever the browsers' consoles complain of fails the test."""
    made = []

    def one(**options):
        context = chromium.new_context(**{"viewport": {"width": 1280, "height": 720}} | options)
        if not made:
            open_anew(context, server)
        made.append(Hand(context.new_page(), server))
        return made[-1]

    yield one
    for hand in made:
        hand.page.context.close()
    assert [hand.trouble for hand in made] == [[] for _ in made]


@pytest.fixture
def hand(hands):
    """A person at the first till, on a usual screen."""
    return hands()

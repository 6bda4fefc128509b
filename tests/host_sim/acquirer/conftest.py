"""The acquirer under test, and a till that has signed on to it."""

import pytest

from tests.host_sim.acquirer.till import Host, Till


@pytest.fixture
def host():
    return Host()


@pytest.fixture
def till(host):
    till = Till(host.acquirer)
    till.sign_on()
    return till

"""A back office over a ledger with the samples, its people, and a till at the same acquirer."""

import pytest

from tests.host_sim.acquirer.till import Till
from tests.host_sim.office.desk import Desk


@pytest.fixture
def desk(tmp_path):
    desk = Desk(str(tmp_path / "ledger.db"))
    yield desk
    desk.close()


@pytest.fixture
def till(desk):
    till = Till(desk.host.acquirer)
    till.sign_on()
    return till

"""A back office of one's own for every test: a copy of one that is made once."""

import shutil

import pytest

from tests.host_sim.web.office.office import Office


@pytest.fixture(scope="session")
def ready(tmp_path_factory):
    """A folder with a ledger that has the samples and people."""
    folder = tmp_path_factory.mktemp("ready")
    Office(folder / "ledger.db").desk.close()
    return folder


@pytest.fixture
def office(ready, tmp_path):
    folder = tmp_path / "office"
    shutil.copytree(ready, folder)
    made = Office(folder / "ledger.db", there=True)
    yield made
    made.desk.close()

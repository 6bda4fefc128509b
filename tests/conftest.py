"""Lets tests import firmware on CPython: MicroPython's modules come from the shims."""

import pytest

from host_sim import shims

shims.install()

from host_sim import roomy  # noqa: E402 - it needs the shims


@pytest.fixture(autouse=True)
def no_roomy_process():
    """What a campaign's process keeps for its speed must not reach the tests behind it."""
    yield
    assert not roomy._spread, "spread_out() in a process that runs tests"

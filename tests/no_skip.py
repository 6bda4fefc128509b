"""A pytest plugin for the CI machine: a test that skips itself fails there.

Loaded by `-p tests.no_skip` only; on a developer's machine a skip stays a skip, and visible.
"""

import pytest


def _refuse(report):
    """Turn a skip into a failure that keeps the reason; an expected failure stays one."""
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return _refuse((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return _refuse((yield))

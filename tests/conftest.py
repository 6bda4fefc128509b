"""Lets tests import firmware on CPython: MicroPython's modules come from the shims."""

from host_sim import shims

shims.install()

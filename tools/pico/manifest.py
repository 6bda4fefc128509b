"""What is frozen into a Pico's MicroPython: make BOARD=RPI_PICO FROZEN_MANIFEST=<this file>."""

# mypy: ignore-errors
# ruff: noqa: F821 - these are words of MicroPython's build

module("rp2.py", base_path="$(PORT_DIR)/modules")
module("_boot.py")

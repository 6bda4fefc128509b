"""Debian's Chromium and a `tuidan run` for it: what the face is tested, measured and shown with.

Playwright, which drives it, is there with the development dependencies only.
"""
import re
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium")
FLAGS = ("--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
         "--disable-background-networking --disable-component-update --disable-sync "
         "--force-device-scale-factor=1 --hide-scrollbars").split()


@contextmanager
def served(*arguments, port=0):
    """The address of a `tuidan run` while it runs, and its process."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.cli", "run", "--port", str(port), *map(str, arguments)],
        cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        told = re.search(r"http://\S+", process.stdout.readline())
        if told is None:
            raise OSError("tuidan run does not say where it stands")
        yield told[0], process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def chromium():
    """A running Chromium. FileNotFoundError where there is none."""
    if CHROMIUM is None:
        raise FileNotFoundError("chromium (tools/chromium.sh installs it)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()

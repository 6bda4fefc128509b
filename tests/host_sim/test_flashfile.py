"""A flash in files: the key slot lies in one of its own, which nobody else may read."""

import os
import stat

import pytest

from host_sim.bench.flash import BLOCK, PICO_BYTES
from host_sim.ptyboard import console, flashfile

KEY = b"TMK1" + bytes(range(16))
SLOT = KEY + b"\xff" * (BLOCK - len(KEY))
WHOLE = bytes(PICO_BYTES - BLOCK) + SLOT


@pytest.fixture
def image(tmp_path):
    return tmp_path / "flash"


def only_ours(path):
    return stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_is_beside_the_image_and_its_owners_alone(image):
    before = os.umask(0)
    try:
        flashfile.write(image, WHOLE)
    finally:
        os.umask(before)
    assert KEY not in image.read_bytes() and image.stat().st_size == PICO_BYTES
    assert flashfile.key_file(image).read_bytes() == SLOT and only_ours(flashfile.key_file(image))
    assert flashfile.read(image) == WHOLE


def test_an_image_with_the_slot_inside_gives_it_up_before_a_terminal_runs_on_it(image):
    image.write_bytes(WHOLE)
    flashfile.key_file(image).touch(0o644)
    console.environment(image, {})
    assert KEY not in image.read_bytes() and flashfile.read(image) == WHOLE
    assert only_ours(flashfile.key_file(image))


def test_a_copy_of_the_image_alone_has_no_key(image, tmp_path):
    flashfile.write(image, WHOLE)
    copy = tmp_path / "copy"
    copy.write_bytes(image.read_bytes())
    assert flashfile.read(copy)[-BLOCK:] == b"\xff" * BLOCK


def test_a_file_that_is_no_flash_is_left_as_it_is(image):
    image.write_bytes(b"something else")
    flashfile.separate(image)
    assert image.read_bytes() == b"something else"

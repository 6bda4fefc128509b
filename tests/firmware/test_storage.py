"""Every file twice: whatever one fault does to the flash, the newest content is read."""

import contextlib
import random
from copy import deepcopy

import machine
import pytest
import rp2

from firmware.storage import Storage
from host_sim.bench.flash import BLOCK, Flash
from host_sim.chip import Chip

BLOCKS = 64
ARCHIVE = "archive/000101"


def mounted(flash):
    machine.board = Chip(flash)
    return Storage(rp2.Flash(start=0, len=BLOCKS * BLOCK))


def written():
    """A flash on which a file was written a few times, and a log appended to."""
    flash = Flash()
    storage = mounted(flash)
    storage.make_folder("journal")
    for state in range(6):
        storage.write("journal/one", b"state %d" % state + bytes(300))
        storage.append(ARCHIVE, b"entry %d" % state)
    return flash


def holds_everything(flash):
    storage = mounted(flash)
    return (
        storage.read("journal/one") == b"state 5" + bytes(300)
        and list(storage.entries(ARCHIVE)) == [b"entry %d" % n for n in range(6)]
        and storage.names("journal") == ["one"]
    )


def test_files_are_there_after_a_restart():
    assert holds_everything(written())


def test_any_flipped_bit_neither_loses_nor_ages_a_file():
    flash = written()
    touched = [at for at in range(BLOCKS * BLOCK) if flash.read(at, 1) != b"\xff"]
    dice = random.Random(1)
    for at in dice.sample(touched, 400):
        spoilt = deepcopy(flash)
        spoilt.flip(at, dice.randrange(8))
        assert holds_everything(spoilt), at


@pytest.mark.parametrize("first", [0, BLOCKS // 2])
def test_volume_that_does_not_mount_is_filled_again_from_the_other(first):
    flash = written()
    for block in range(first, first + BLOCKS // 2):
        flash.erase(block * BLOCK)
    assert holds_everything(flash)
    other = BLOCKS // 2 - first
    for block in range(other, other + BLOCKS // 2):
        flash.erase(block * BLOCK)
    assert holds_everything(flash)


@pytest.mark.parametrize("damaged", [0, 1])
def test_volume_without_our_folders_that_is_full_is_filled_again_from_the_other(damaged):
    flash = written()
    part = mounted(flash).volumes[damaged]
    for folder in ("journal", "archive"):
        for name, *_ in part.ilistdir(folder):
            part.remove(f"{folder}/{name}")
        part.rmdir(folder)
    with part.open("junk", "wb") as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(2048))
            file.flush()
    assert holds_everything(flash)


def test_both_copies_bad_is_told_and_not_guessed():
    flash = Flash()
    mounted(flash).write("counters", b"x" * 2000)
    for at in range(BLOCKS * BLOCK):
        if flash.read(at, 1) == b"x":
            flash.flip(at, 0)
    assert mounted(flash).read("counters") is None


def test_torn_tail_of_a_log_does_not_hide_what_is_appended_behind_it():
    flash = written()
    storage = mounted(flash)
    for volume in storage.volumes:
        file = volume.open(ARCHIVE, "ab")
        file.write(b"\x00\x20torn")
        file.close()
    storage = mounted(flash)
    storage.append(ARCHIVE, b"after")
    assert list(mounted(flash).entries(ARCHIVE))[-1] == b"after"

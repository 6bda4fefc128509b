"""What a head reads of a card, and what of a card may be shown."""

import pytest

from firmware import cards
from host_sim.acquirer import samples
from host_sim.bench import head

TRACK = samples.track2(samples.UNIONPAY_CREDIT)


def line(track, fault=None):
    """As the reader's driver hands it out."""
    return head.swiped(track, fault).strip(b"\r\n")


@pytest.mark.parametrize("number", [samples.UNIONPAY_CREDIT, samples.UNIONPAY_19, samples.VISA])
def test_track_that_is_whole_gives_number_and_expiry(number):
    track = cards.read_track(line(samples.track2(number)))
    assert (track.pan, track.text) == (number, samples.track2(number))
    assert track.expiry == {row[0]: row[1] for row in samples.CARDS}[number]


@pytest.mark.parametrize("at", range(len(line(TRACK))))
def test_track_with_one_character_read_wrong_is_no_track(at):
    good = line(TRACK)
    for bit in range(7):
        damaged = good[:at] + bytes([good[at] ^ 1 << bit]) + good[at + 1 :]
        track = cards.read_track(damaged)
        # Of the LRC, the last one, only four bits are on the card.
        assert track is None or at == len(good) - 1 and bit > 3


@pytest.mark.parametrize("length", range(len(line(TRACK))))
def test_track_that_was_cut_short_is_no_track(length):
    assert cards.read_track(line(TRACK)[:length]) is None
    assert cards.read_track(line(TRACK)[length + 1 :]) is None


@pytest.mark.parametrize("track", [
    "", "=", "6200000000000005", "=30122010000", TRACK.replace("=", ""),
    "6200000000000006=30122010000",  # its check digit is wrong
    "620000000000=30122010000", "62000000000000000000=30122010000",  # too short, too long
    "6200000000000005=301220",  # no service code
    "6200000000000005=3012=010000", "62000000:0000005=30122010000",
    TRACK + "0000",
])  # fmt: skip
def test_what_is_no_card_s_track_is_refused_though_its_lrc_is_right(track):
    assert cards.read_track(line(track)) is None


def test_line_of_a_scanner_or_noise_is_no_track():
    for noise in (b"281234567880019999", b"\xff" * 40, b";" * 40, b";?0", b"?;" + bytes(20)):
        assert cards.read_track(noise) is None


def test_first_six_and_last_four_are_shown():
    for number in (row[0] for row in samples.CARDS):
        assert cards.masked(number) == f"{number[:6]}****{number[-4:]}"

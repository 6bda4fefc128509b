"""A capture that is handed on: sample cards whole, everybody else's masked, also off the line."""
from io import BytesIO

from host_sim.play.shop import open_shop
from tools.capture.handing import masked
from tools.capture.recording import Packet, Reading, Writer
from tools.capture.run import record_face

NOBODYS = "6212340000004321018"     # a card number that nobody has published
SAMPLE = "6200000000000005"


def packets(data):
    return list(Reading(BytesIO(data)))


def test_run_of_sample_cards_is_as_it_was():
    file, shop = BytesIO(), open_shop(language="en")
    record_face(file, shop, seed=0, language="en", scenario=None)
    shop.world.power_on()
    shop.world.press("ENTER", "0", "1", "ENTER", "0", "0", "0", "0", "ENTER")
    shop.world.run_for(5_000)
    shop.world.swipe(f"{SAMPLE}=30122010000000000000")
    shop.world.run_for(1_000)
    kept = masked(BytesIO(file.getvalue()))
    there = [(one.at_us, one.channel, one.data) for one in packets(file.getvalue())]
    assert there == [(one.at_us, one.channel, one.data) for one in packets(kept)]
    assert any(channel == "wire" for _, channel, _ in there)


def test_card_of_somebody_is_masked_wherever_it_stands():
    file = BytesIO()
    writer = Writer(file, {})
    writer.write(Packet(1, "keypad", None, f"read {NOBODYS}=30121234".encode(), {}))
    writer.write(Packet(2, "bench", None, f"swipe {NOBODYS}=30121234".encode(), {}))
    writer.write(Packet(3, "screen", None, b"\xff" * 1024, {
        "row1": NOBODYS[:16], "row2": NOBODYS[16:], "row3": "", "row4": ""}))
    kept = masked(BytesIO(file.getvalue()))
    assert NOBODYS[6:-4].encode() not in kept and b"30121234" not in kept
    assert NOBODYS[6:16].encode() not in kept
    read, _, screen = packets(kept)
    assert read.data == b"read 621234*********1018=********"
    assert set(screen.data) == {0}

"""What holds for the capture of every key script: both ends replay it to the byte, a field that is
flipped in it is named, and no command shows a secret of it."""
import io
import json
from contextlib import redirect_stderr, redirect_stdout

import pytest
from PIL import Image

from host_sim.acquirer import samples
from host_sim.play.player import Player
from host_sim.play.script import read_script
from host_sim.play.shop import open_shop
from host_sim.show import mask, pictures, story
from protocol.framing import frame
from tests.tools.reading.made import flat, secrets
from tests.tools.replay.captures import SCRIPTS, packets_of, write
from tests.tools.replay.flips import flipped
from tests.tools.test_twin import real
from tools.capture.recording import Reading
from tools.capture.run import record_script
from tools.cli import main
from tools.mismatch.keyset import opened
from tools.mpy import on_micropython
from tools.reading import diagram
from tools.replay import exact
from tools.replay.compare import Comparison
from tools.replay.fields import message_of, packet_of, parts_of
from tools.replay.rules import SHIPPED
from tools.replay.stages import STAGES

CARD_DATA = {2, 35, 36, 52, 55, 62}
RULES = ["--rules", str(SHIPPED)]


class Played:
    """A script's run: its capture, and what else was seen of it."""

    def __init__(self, path):
        script, file = read_script(path), io.BytesIO()
        shop = open_shop(script.terminal, script.language, script.seed, script.start,
                         scenario=script.scenario, blank=script.blank)
        with shop.world:
            recorder = record_script(file, shop, script, script.seed)
            Player(script, shop).play()
            recorder.end("passed")
        self.data, self.trace, self.mac = file.getvalue(), shop.world.trace, shop.mac
        self.run, self.packets = packets_of(self.data)

    def replayed(self, against, **arguments):
        return exact.replay(Reading(io.BytesIO(self.data)), against, **arguments)

    def messages(self):
        """(number, Packet, its parts) of the messages."""
        for number, packet in enumerate(self.packets, 1):
            parts = parts_of(packet.data) if packet.channel == "wire" else None
            if parts:
                yield number, packet, parts


@pytest.fixture(scope="module", params=sorted(SCRIPTS.glob("*.txt")), ids=lambda path: path.stem)
def played(request):
    return Played(request.param)


@pytest.fixture
def no_card_is_published(monkeypatch):
    """The sample cards are masked like anybody's."""
    monkeypatch.setattr(mask, "TEST_CARDS", frozenset())
    parts_of.cache_clear()
    yield
    parts_of.cache_clear()


def test_it_replays_without_a_difference(played):
    for against in STAGES:
        comparison = played.replayed(against)
        assert comparison.differences == [] and comparison.packets > 0


@real
def test_it_replays_without_a_difference_on_micropython(played):
    comparison = played.replayed("terminal", world_class=on_micropython())
    assert comparison.differences == [] and comparison.packets > 0


def test_every_flipped_field_of_every_message_is_named(played, no_card_is_published):
    hidden = every_secret(played)
    flips = 0
    for number, packet, parts in played.messages():
        for field, piece in parts.items():
            if field == "bitmap" or is_empty(field, piece):
                continue    # what a bitmap turns on or off is a field
            data = frame(flipped(packet_of(packet.data), field, piece))
            assert data != packet.data and parts_of(data) is not None, field
            comparison = Comparison("terminal" if packet.way == "out" else "acquirer")
            comparison.expect(number, packet._replace(data=data))
            comparison.see(packet)
            comparison.end()
            found = [(one.number, one.field, one.at) for one in comparison.differences]
            assert found[0] == (number, field, piece.at)
            assert found[1:] == [] or field == "mti"    # which says how F62 is read
            told = str(comparison.differences)
            assert not [secret for secret in hidden if secret in told], field
            flips += 1
    assert flips > 20 or not any(True for _ in played.messages())


def test_no_command_shows_a_secret_of_it(played, no_card_is_published, tmp_path, monkeypatch):
    """Beside it stands the same capture with everything flipped that could give a card away."""
    for name in ("_lcd", "_png"):       # of the page only the words are looked at
        monkeypatch.setattr(diagram, name, lambda *_: "")
    monkeypatch.setattr(pictures, "draw_paper", lambda lines: Image.new("L", (1, 1)))
    hidden = every_secret(played)
    path = write(tmp_path / "a.pcapng", played.run, played.packets)
    spoilt = [*played.packets]
    for number, packet, parts in played.messages():
        raw = packet_of(packet.data)
        for field in parts.keys() & {*map(str, CARD_DATA), "62.PIK", "62.MAK"}:
            if not is_empty(field, parts[field]):
                raw = flipped(raw, field, parts[field])
        spoilt[number - 1] = packet._replace(data=frame(raw))
    for at, packet in enumerate(spoilt):
        if packet.channel in ("screen", "paper"):   # so that a report tells each of them
            spoilt[at] = packet._replace(data=packet.data[:-1] + bytes([packet.data[-1] ^ 1]))
    other = write(tmp_path / "b.pcapng", played.run, spoilt)
    pages = [tmp_path / name for name in ("show.html", "replay.html", "replay.xml")]
    commands = [["show", path], ["show", "-v", path], ["show", "--json", path],
                ["show", "--html", pages[0], path], ["show", "-v", other],
                ["diff", path, other, "--with", "screen", "--with", "paper"],
                ["diff", path, other, "--json"],
                ["replay", other, "--json", "--html", pages[1], "--junit", pages[2]],
                ["replay", other, *RULES]]
    with_cards = [number for number, packet, _ in played.messages()
                  if CARD_DATA - {62} & message_of(packet.data).fields.keys()]
    for number in with_cards[:2]:
        commands += [["explain", f"{path}#{number}", f"{other}#{number}"],
                     ["explain", "--json", f"{other}#{number}"]]
    for words in commands:
        shown_nothing_of(hidden, words, pages)
    teller = story.Teller(played.mac)
    trace = "\n".join([*teller.more(played.trace), *teller.rest()])
    wrapped = wrapped_keys(played)
    told = flat(trace) + json.dumps(story.record(played.trace))
    assert not [secret for secret in hidden - wrapped if secret in told]
    lines = tmp_path / "packets.txt"
    lines.write_text("".join(packet_of(packet.data).hex() + "\n"
                             for _, packet, _ in played.messages()))
    for words in (["export", "--hex", path], ["decode", lines], ["decode", "--json", lines]):
        shown_nothing_of(hidden - wrapped, words)


def is_empty(field, piece):
    return len(piece.raw) == {"62": 2}.get(field, 3 if field.startswith("62.DF") else 0)


def shown_nothing_of(hidden, words, pages=()):
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = main([*map(str, words)])
    text = out.getvalue() + err.getvalue()
    assert code in (0, 1) or "nothing to compare" in text, text
    for page in pages:
        text += page.read_text(encoding="utf-8") if page.exists() else ""
        page.unlink(missing_ok=True)
    text = flat(text)
    assert not [secret for secret in hidden if secret in text], words


def every_secret(played):
    """What was typed, swiped or sent and may be in no output, and the keys in the clear."""
    return secrets(played.data, published=()) | clear_keys(played)


def clear_keys(played):
    found = set()
    for _, packet, _ in played.messages():
        message = message_of(packet.data)
        tmk = samples.tmk(message.fields.get(41, ""))
        found |= {key.hex() for key in (opened(message, tmk) or {}).values()} if tmk else set()
    return found | {key.upper() for key in found}


def wrapped_keys(played):
    return {fields[62][at:at + 16].hex().upper()
            for fields in (message_of(packet.data).fields for _, packet, _ in played.messages()
                           if packet.data[14:16] == b"\x08\x10") if 62 in fields
            for at in (0, 20)}

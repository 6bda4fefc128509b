"""`tuidan acquirer` over TCP: many peers at one desk, and what a bad one can do to the others."""

import json
import re
import signal
import socket
import subprocess
from contextlib import contextmanager

import pytest

from host_sim.acquirer import serving
from protocol.tcp import LengthPrefixed, wrap
from tests.tools.desk import TUIDAN
from tools.cli import main

ECHO = bytes.fromhex("600003000060310031100108200000000000C000103130303030303031"
                     "3839383131303037303131303030310011000001013010")
WAIT_S = 20


class Acquirer:
    """The command as a process of its own, with a free TCP port; its events as they come."""

    def __init__(self, *arguments):
        command = [TUIDAN, "acquirer", "--port", "tcp:0", "--json", *map(str, arguments)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.at = self.event("listening")["at"]
        self.port = int(self.at.rpartition(":")[2])

    def event(self, name):
        """The next event of this name."""
        for line in self.process.stdout:
            event = json.loads(line)
            if event["event"] == name:
                return event
        raise AssertionError(f"it ended before any {name}")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), WAIT_S)

    def end(self):
        self.process.send_signal(signal.SIGINT)
        rest = [json.loads(line) for line in self.process.stdout]
        assert self.process.wait(WAIT_S) == 0
        return rest[-1]


@contextmanager
def acquirer(*arguments):
    running = Acquirer(*arguments)
    try:
        yield running
    finally:
        running.process.kill()
        running.process.wait()
        running.process.stdout.close()


def answered(peer, packet=ECHO):
    """The packet that comes back; b"" where the connection is closed instead."""
    peer.sendall(wrap(packet))
    return reply(peer)


def reply(peer):
    cut = LengthPrefixed()
    while True:
        try:
            data = peer.recv(2048)
        except ConnectionResetError:
            return b""
        if not data:
            return b""
        packets = cut.receive(data)
        if packets:
            return packets[0]


@pytest.fixture(scope="module")
def desk():
    with acquirer("--quiet") as running:
        yield running


def test_peers_talk_side_by_side_and_in_pieces(desk):
    with desk.connect() as one, desk.connect() as other:
        framed = wrap(ECHO)
        one.sendall(framed[:1])
        assert answered(other)[11:13].hex() == "0830"
        one.sendall(framed[1:] + framed)
        assert reply(one)[11:13].hex() == "0830"


@pytest.mark.parametrize("length", [b"\x00\x00", b"\x04\x01", b"\xff\xff", b"GET / HTTP/1.1\r\n"])
def test_wrong_length_ends_that_connection_and_no_other(desk, length):
    with desk.connect() as good, desk.connect() as bad:
        bad.sendall(length)
        assert reply(bad) == b""
        assert answered(good)[11:13].hex() == "0830"


def test_garbage_of_a_right_length_is_not_answered_and_the_next_packet_is(desk):
    with desk.connect() as peer:
        peer.sendall(wrap(bytes(300)))
        assert answered(peer)[11:13].hex() == "0830"


def test_peer_that_vanishes_is_nothing_to_the_others(desk):
    with desk.connect() as good:
        for _ in range(20):
            with desk.connect() as bad:
                bad.sendall(wrap(ECHO)[:9])
        assert answered(good)[11:13].hex() == "0830"


def test_peer_that_takes_no_answers_holds_up_nobody(desk):
    with desk.connect() as good, desk.connect() as bad:
        bad.setblocking(False)
        with pytest.raises(BlockingIOError):  # it asks and asks until nobody listens any more
            while True:
                bad.send(wrap(ECHO) * 100)
        assert answered(good)[11:13].hex() == "0830"


def test_it_listens_on_this_machine_only(desk):
    assert desk.at.startswith("tcp:127.0.0.1:")


def test_silent_connection_is_closed_in_time(monkeypatch):
    import asyncio

    from tests.host_sim.acquirer.test_scenario import Day, scenario

    monkeypatch.setattr(serving, "IDLE_S", 0.05)
    monkeypatch.setattr(serving, "HALF_S", 0.04)

    async def play():
        told = []

        def tell(name, **values):
            told.append(values.get("reason"))

        async with serving.Desk(Day(scenario.read("ordinary_day")).host, tell) as desk:
            at = await desk.open(serving.Tcp("127.0.0.1", 0))
            port = int(at.rpartition(":")[2])
            for sent in (b"", b"\x00"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                with pytest.raises(ConnectionResetError):
                    if not await reader.read():
                        raise ConnectionResetError
                writer.close()
        return told

    assert asyncio.run(play()) == ["idle", "half a packet"]


def test_ctrl_c_ends_it_with_its_figures_and_a_new_one_goes_on_with_the_ledger(tmp_path):
    ledger = tmp_path / "ledger.db"
    for _ in range(2):
        with acquirer("--ledger", ledger) as running:
            with running.connect() as peer:
                assert answered(peer)[11:13].hex() == "0830"
                event = running.event("answered")
                assert (event["mti"], event["code"]) == ("0820", "00")
                assert event["terminal"] == "10000001"
                ended = running.end()
        assert ended["event"] == "ended" and ended["requests"] == 1 and ended["longest_ms"] > 0


def test_killed_acquirer_goes_on_with_its_ledger(tmp_path):
    ledger = tmp_path / "ledger.db"
    for _ in range(2):
        with acquirer("--ledger", ledger, "--scenario", "flaky_line") as running:
            running.process.kill()
            running.process.wait()
    with acquirer("--ledger", ledger, "--scenario", "flaky_line") as running:
        assert running.end()["event"] == "ended"


def test_ledger_of_another_scenario_is_one_line(tmp_path, capsys):
    ledger = str(tmp_path / "ledger.db")
    with acquirer("--ledger", ledger, "--scenario", "merchant_out_of_money"):
        ...
    assert main(["acquirer", "--port", "tcp:0", "--ledger", ledger]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "another scenario" in told


def test_scenarios_are_listed_and_checked(tmp_path, capsys):
    assert main(["acquirer", "--list"]) == 0
    listed = capsys.readouterr().out
    assert re.search(r"^slow_host +every answer takes", listed, re.M)
    assert main(["acquirer", "--check", "slow_host"]) == 0
    assert "2 faults" in capsys.readouterr().out
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('about = "x"\nsamples = true\n[[fault]]\nkind = "rain"\n')
    assert main(["acquirer", "--check", str(wrong)]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and "wrong.toml: fault 1, kind: 'rain'" in told


@pytest.mark.parametrize("port", ["tcp:", "tcp:65536", "tcp:-1", "socket://:8583", "tcp:8583x"])
def test_port_that_is_none_is_wrong_usage(port, capsys):
    assert main(["acquirer", "--port", port]) == 2
    assert capsys.readouterr().err.count("\n") == 1

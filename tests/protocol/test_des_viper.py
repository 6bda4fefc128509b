"""The device's machine code for DES: the bytes of plain Python, many times as fast, in 32 bits."""

import ast
import json
import os
import random
import subprocess
from pathlib import Path

import pytest

from protocol.mac import des
from protocol.reference.ciphers import Ciphers
from tools import bench_mac

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "protocol" / "mac" / "des_viper.py"

on_micropython = pytest.mark.skipif(
    not bench_mac.MICROPYTHON.exists(), reason="no MicroPython for this machine"
)

BLOCKS = """
import json, sys
from protocol.mac import des, des_viper
from protocol.mac.portable import PortableCiphers

answers = []
for key, data in json.load(sys.stdin):
    key, data = bytes.fromhex(key), bytes.fromhex(data)
    answers.append([])
    for engine in (des, des_viper):
        ciphers = PortableCiphers(engine)
        cipher = ciphers.des(key)
        outcome = cipher.cbc_mac(data) + cipher.decrypt(data[-8:]) + ciphers.fold(data[:-3])
        answers[-1].append(outcome.hex())
print(json.dumps(answers))
"""


def cases(count):
    """(key, data of whole blocks) from a fixed seed; every size of key, one block to many."""
    rng = random.Random(4)
    for number in range(count):
        yield rng.randbytes((8, 16, 24)[number % 3]), rng.randbytes(8 * rng.randint(1, 30))


def expected(key, data):
    host = Ciphers()
    cipher = host.des(key)
    return cipher.cbc_mac(data) + cipher.decrypt(data[-8:]) + host.fold(data[:-3])


@on_micropython
def test_machine_code_and_bytecode_give_the_hosts_bytes():
    drawn = list(cases(90))
    run = subprocess.run(
        [bench_mac.MICROPYTHON, "-c", BLOCKS],
        input=json.dumps([[key.hex(), data.hex()] for key, data in drawn]),
        env={**os.environ, "MICROPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    wanted = [[expected(key, data).hex()] * 2 for key, data in drawn]
    assert json.loads(run.stdout) == wanted


@on_micropython
def test_bench_measures_machine_code_against_bytecode_in_one_run():
    figures = bench_mac.on_device(slots=2)
    assert set(figures) == set(bench_mac.BY_DES)
    assert min(figures.values()) > 0


class Words:
    """What viper's ptr32 makes of a buffer: words of the machine, stored as 32 bits."""

    def __init__(self, buffer):
        self.words = memoryview(buffer).cast("I")

    def __getitem__(self, at):
        return signed(self.words[at])

    def __setitem__(self, at, word):
        self.words[at] = word & 0xFFFFFFFF


class Bytes:
    """What viper's ptr8 makes of a buffer."""

    def __init__(self, buffer):
        self.bytes = memoryview(buffer)

    def __getitem__(self, at):
        return self.bytes[at]

    def __setitem__(self, at, byte):
        self.bytes[at] = byte & 0xFF


def signed(number):
    """A number as a signed 32-bit register holds it."""
    return (number & 0xFFFFFFFF ^ 0x80000000) - 0x80000000


class Registers(ast.NodeTransformer):
    """Every result of arithmetic goes through a 32-bit register, every constant is a small integer
    of a 32-bit board."""

    def visit_BinOp(self, node):
        node = self.generic_visit(node)
        return ast.Call(ast.Name("signed", ast.Load()), [node], [])

    def visit_AugAssign(self, node):
        target = ast.parse(ast.unparse(node.target), mode="eval").body
        value = self.visit(ast.BinOp(target, node.op, node.value))
        return ast.Assign([node.target], value)

    def visit_Constant(self, node):
        assert not isinstance(node.value, int) or node.value < 2**30, node.lineno
        return node

    def visit_FunctionDef(self, node):
        pointers = {"ptr8": "Bytes", "ptr32": "Words"}
        casts = [
            ast.parse(f"{one.arg} = {pointers[one.annotation.id]}({one.arg})").body[0]
            for one in node.args.args
            if one.annotation is not None and one.annotation.id in pointers
        ]
        node = self.generic_visit(node)
        for one in node.args.args:
            one.annotation = None
        node.decorator_list = []
        node.body = casts + node.body
        return node


def test_words_of_32_bits_suffice():
    """Machine code has no overflow to tell of. A PC's words have 64 bits, a board's 32: here the
    same source runs with every intermediate result cut to 32 bits and signed."""
    tree = ast.parse(SOURCE.read_text())
    tree.body = [one for one in tree.body if not isinstance(one, ast.Import)]  # micropython
    tree = ast.fix_missing_locations(Registers().visit(tree))
    narrow = {"signed": signed, "Words": Words, "Bytes": Bytes}
    exec(compile(tree, str(SOURCE), "exec"), narrow)
    for key, data in cases(6):
        parts = [(key[at : at + 8], at == 8) for at in range(0, len(key), 8)]
        keys = b"".join(narrow["schedule"](*part) for part in parts)
        plain = sum((des.schedule(*part) for part in parts), ())
        assert narrow["chain"](data[:24], bytearray(keys)) == des.chain(data[:24], plain)
        assert narrow["fold"](data) == des.fold(data)

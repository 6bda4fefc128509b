"""The shop that every seed of a campaign opens on: its ledger, and the till as the maker sends it.

Short order numbers and passwords, so that a seed spends its time on faults and not on typing. Both
ends are images made once a process and copied for each seed.
"""

from copy import deepcopy
from functools import cache

from host_sim.acquirer import samples, schema
from host_sim.bench.flash import PICO_BYTES, Flash
from host_sim.core import prepare_flash
from host_sim.world import START, World, pico_board
from tools.campaign.image import BLOCK, VOLUME_BLOCKS, VOLUMES

SUPERVISOR = "9"
OPERATOR = "1"
PASSWORDS = {"00": SUPERVISOR, "01": OPERATOR}
LIMITS = {"large_fen": 20_000, "same_order": 1}  # of firmware/risk.py

_CARD = samples.UNIONPAY_CREDIT
_OWN, _OTHER = samples.TERMINAL, samples.OTHER_TERMINAL
# as samples.ORDERS has them
ORDERS = (
    ("11", 0, _OWN, _CARD, 12_800, 1, "Tea", None),
    ("12", 0, _OWN, samples.UNIONPAY_DEBIT, 30_100, 2, "Cup", None),
    ("13", 0, _OWN, "wallet:13", 6_600, 3, "Cake", None),
    ("21", 7, _OWN, samples.UNIONPAY_19, 52_000, 1, "Phone", None),
    ("22", 7, _OTHER, "wallet:22", 100_000, 1, "Rice cooker", None),
    ("23", 10, _OWN, _CARD, 40_000, 4, "Scarf", 15_000),
    ("24", 2, _OTHER, _CARD, 90_000, 1, "Bicycle", None),
    ("31", 5, _OWN, _CARD, 35_000, 1, "Keyboard", "hold"),
    ("32", 5, _OTHER, "wallet:32", 35_100, 1, "Lamp", "hold"),
    ("41", 200, _OWN, _CARD, 26_000, 1, "Old lamp", None),
)  # fmt: skip
VOIDABLE = ("11", "12", "13")
REFUNDABLE = ("21", "22", "23", "24")
HELD = ("31", "32")
OF_CARD = ("11", "23", "24", "31")  # paid with CARD
SOLD = ("51", "52", "53")  # order numbers that a sale is given
CARD = _CARD
EXPIRY = samples.EXPIRY[2:] + samples.EXPIRY[:2]  # as it is keyed: month, year
TRACK2 = samples.track2(_CARD)
LIKE_CARD = "6200000000180005"  # another one, with the same first six and last four
LIKE_TRACK2 = TRACK2.replace(CARD, LIKE_CARD)
CARD_PIN = next(row[2] for row in samples.CARDS if row[0] == _CARD)
PAYMENT_CODE = "281234567880019999"
NO_PIN_FEN = 100_000
SLOTS = 8  # of the till's journal, once it was switched on
FACTORY_FRESH = 8  # every so many seeds begin before the very first boot


@cache
def _engine():
    """One for the process; what makes a seed is the image that it is put back to."""
    return schema.open_engine()


@cache
def _ledger_image():
    engine = schema.open_engine()
    with engine.begin() as connection:
        samples.load(connection, START.date(), ORDERS)
    return schema.image(engine)


def open_ledger():
    """An engine on a ledger as of this morning."""
    engine = _engine()
    driver(engine).deserialize(_ledger_image())
    return engine


@cache
def driver(engine):
    """The sqlite3 connection of an engine in memory."""
    return schema.driver(engine)


@cache
def _factory_flash():
    return factory_flash(samples.TERMINAL, samples.TEST_SHOP, samples.tmk(samples.TERMINAL))


def factory_flash(terminal, merchant, tmk):
    """The flash of a till that was never switched on."""
    flash = Flash(PICO_BYTES)

    def make(board):
        from firmware import factory as maker
        from firmware.storage import Storage

        storage = Storage(board.data_flash())
        maker.write_params(storage, {
            "terminal": terminal, "merchant": merchant, "language": "en"})
        maker.write_operators(storage, PASSWORDS, terminal)
        maker.write_limits(storage, LIMITS)
        board.store_tmk(tmk)

    prepare_flash(flash, make, pico_board)
    return flash


@cache
def _used_flash():
    """The same after it was switched on once: the journal's slots are there."""
    world = World()
    world.device.flash = deepcopy(_factory_flash())
    world.power_on()
    world.run_for(1_000)
    world.close()
    return world.device.flash


def open_flash(seed):
    """The till's flash before it is switched on."""
    flash = _used_flash() if seed % FACTORY_FRESH else _factory_flash()
    return flash.copy()


def fill(flash, blocks_left):
    """Put a file onto both volumes that leaves so many blocks."""
    from littlefs import LittleFS, UserContext

    class Blocks(UserContext):
        def __init__(self, first):
            super().__init__(0)
            self.first = first

        def read(self, cfg, block, off, size):
            return bytearray(flash.read((self.first + block) * BLOCK + off, size))

        def prog(self, cfg, block, off, data):
            flash.program((self.first + block) * BLOCK + off, bytes(data))
            return 0

        def erase(self, cfg, block):
            flash.erase((self.first + block) * BLOCK)
            return 0

        def sync(self, cfg):
            return 0

    for first in VOLUMES:
        fs = LittleFS(Blocks(first), block_size=BLOCK, block_count=VOLUME_BLOCKS, read_size=32,
                      prog_size=256, cache_size=1024, lookahead_size=32, block_cycles=100)
        free = VOLUME_BLOCKS - fs.used_block_count - blocks_left - 1
        if free > 0:
            with fs.open("junk", "wb") as file:
                file.write(bytes(free * (BLOCK - 8)))
        fs.unmount()

"""A till with a long history: hundreds of records in its archive before it is switched on."""

from host_sim.core import prepare_flash
from host_sim.world import pico_board

FIRST = 1000  # STAN of the oldest
BATCH = 100  # the one before the open batch of the samples


def amount_fen(number):
    """Of the `number`-th, from 0."""
    return 100 + number


def fill(world, count):
    """Archive so many refunds of last week, the `number`-th of order 2026031 and four digits; every
    tenth was declined, every tenth behind it annulled."""
    from firmware import refund_state as states
    from firmware.record import Record, pack
    from firmware.transaction import PRINTED

    def write(board):
        from firmware.storage import Storage

        storage = Storage(board.data_flash())
        for number in range(count):
            record = Record()
            record.type = states.VOID if number % 10 == 3 else states.REFUND
            ends = {1: (states.DECLINED, "51"), 2: (states.ANNULLED, "00")}
            record.state, record.code = ends.get(number % 10, (states.APPROVED, "00"))
            record.print_state = PRINTED
            record.terminal, record.batch, record.stan = "10000001", BATCH, FIRST + number
            record.date, record.time = f"202603{number // 50 + 1:02d}", f"{9 + number % 12:02d}1500"
            record.amount_fen = record.order_amount_fen = amount_fen(number)
            record.currency, record.entry_mode, record.condition = "156", "012", "00"
            record.original, record.original_rrn = "0" * 12 + "0220", f"{number:012d}"
            record.order, record.product = f"2026031{number:04d}", "蓝牙耳机"
            record.quantity, record.reason, record.operator = "0001", "01", "01"
            record.card, record.token = "622202****1234", bytes(8)
            record.fingerprint = bytes(8)
            record.host_time, record.host_date = record.time, record.date[4:]
            record.rrn, record.parties = f"6{number:011d}", "09020000   09000000   "
            storage.append(f"archive/{BATCH:06d}", pack(record))

    prepare_flash(world.device.flash, write, pico_board)

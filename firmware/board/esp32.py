"""ESP32-WROOM-32: the only file that names its pins, ports and partitions.

The data volume and the key slot are partitions of their own, so nothing that the root file system
suffers reaches them; partitions-esp32.csv beside this file is the table that has them.
"""

from esp32 import Partition
from machine import SPI, UART, Pin

from firmware.board.common import Common


class Board(Common):
    """The terminal's machine objects, ready for the drivers."""

    NAME = "esp32"

    def __init__(self, link_baud=115200):
        super().__init__(_partition("tuidan"), _partition("tuidan_key"))
        self.rows = [Pin(number, Pin.OPEN_DRAIN, value=1) for number in (13, 14, 27, 26)]
        self.columns = [Pin(number, Pin.IN, Pin.PULL_UP) for number in (25, 33, 32, 4)]
        self.lcd_spi = SPI(2, baudrate=4000000, sck=Pin(18), mosi=Pin(23), miso=None)
        self.lcd_cs = Pin(5, Pin.OUT, value=1)
        self.lcd_dc = Pin(21, Pin.OUT, value=0)
        self.lcd_reset = Pin(19, Pin.OUT, value=1)
        # Port 0 is the REPL's. Both buffers hold the largest frame with room to spare; the
        # driver takes none below 129 bytes.
        self.link_uart = UART(
            1, baudrate=link_baud, tx=Pin(17), rx=Pin(16), txbuf=2048, rxbuf=2048
        )
        self.printer_uart = UART(2, baudrate=9600, tx=Pin(22), rx=Pin(34), txbuf=4096, rxbuf=256)
        self.reader_uart = self.printer_uart  # card head and scanner speak on the printer's RX


def _partition(label):
    found = Partition.find(Partition.TYPE_DATA, label=label)
    if not found:
        raise OSError(19, "no partition " + label)  # ENODEV
    return found[0]

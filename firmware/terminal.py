"""The terminal: every part and every piece of state of one device hangs on this one object."""

from firmware import overlay
from firmware.drivers.keypad import Keypad
from firmware.drivers.lcd import Lcd
from firmware.drivers.link import LinkDriver
from firmware.host import Host
from firmware.journal import Journal
from firmware.kernel import Flag, Kernel, Turn
from firmware.params import Counters, Params
from firmware.screens import Screens
from firmware.storage import Storage
from firmware.text.glyphs import Glyphs
from firmware.text.texts import Texts
from firmware.working_keys import WorkingKeys
from protocol.framing import Link


class Terminal:
    def __init__(self, board, ciphers, glyph_file=None):
        """`board`: firmware/board's object. `ciphers`: protocol.mac's block ciphers. `glyph_file`:
        where it is not beside the code."""
        self.board = board
        self.crashes = []  # (task, error): faults of ours, kept for the diagnosis
        self.kernel = Kernel(on_crash=self._crashed)
        overlay.call("wiping.resume", board)
        self.storage = Storage(board.data_flash())
        self.params = Params(self.storage)
        self.counters = Counters(self.storage)
        self.journal = Journal(self.storage)
        self.settling = overlay.call("settlement.owed", self.storage)  # what is not done at boot
        self.keys = WorkingKeys(self.storage, board.tmk(), ciphers, self.params.mac)
        self.glyphs = Glyphs(glyph_file)
        self.lcd = Lcd(board.lcd_spi, board.lcd_dc, board.lcd_cs, board.lcd_reset, self.glyphs)
        self.keypad = Keypad(self.kernel, board.rows, board.columns)
        self.link = LinkDriver(self.kernel, board.link_uart, Link())
        self.host = Host(self.kernel, self.link, self.keys, self.params)
        self.host.terminal = self
        self.ui = Screens(self.kernel, self.lcd, self.keypad.queue, self.glyphs)
        self.ui.terminal = self
        self.case = None  # the order number or the record that a help page tells of
        self.operator = None  # number of who is logged in
        self.waiting_since = self.kernel.now()  # power-on, or the supervisor's last wrong password
        self.training = None  # the real parts, where training's stand in their place
        self.signed_on = False  # the clock may have stood still: a sign-on sets it
        self.again = False  # the host asks for a sign-on
        self.in_hand = None  # the record that the operator is busy with
        self.turn = Turn(self.kernel)  # of whoever works on an open record
        self.left_open = Flag()  # a record was left to the background
        self.news = Flag()  # the background brought a record on
        self.speak(self.params.language)

    def speak(self, language):
        """Load the operator's texts: "zh" or "en"."""
        self.ui.texts = Texts(language)

    def code_text(self, code):
        """The text id that explains a response code (F39)."""
        text_id = "code." + code
        return text_id if text_id in self.ui.texts else "code.other"

    def date_and_time(self):
        """("YYYYMMDD", "HHMMSS") by the terminal's clock."""
        now = self.board.now()
        return "%04d%02d%02d" % now[:3], "%02d%02d%02d" % now[3:]

    def _crashed(self, task, error):
        self.crashes.append((task, error))
        overlay.call("log.crash", self, error)

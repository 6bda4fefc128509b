"""What the terminal's resident parts need to know of the protocol; the tables are in dialect.py,
which a terminal has in memory only while it reads or writes a packet.
"""

MAX_PACKET = 1024  # bytes from the TPDU on; longer packets are refused unread

HELD_FOR_REVIEW = "09"  # F39
# A0 and 77 only prompt a sign-on and a repeat: they may come without a MAC.
MAY_LACK_MAC = ("A0", "77")

"""What is wrong with a packet, worded once, so that both codecs say the same. The device loads it
only where something is wrong: errors.reason."""

CUT = "%d of %d bytes are missing"
NOT_DIGIT = "not a decimal digit"
NOT_HEX = "not an upper-case hex digit"
NOT_TRACK = "not a digit or the separator of a track"
NOT_PRINTABLE = "not printable ASCII"
PAD_NOT_ZERO = "the pad nibble is not zero"
TOO_LONG = "length %d %s exceeds %d"
UNDEFINED_BIT = "the dialect defines no such field"
NOT_60 = "the first byte is not 60"
TRAILING = "%d bytes after the last field"
OVERSIZE = "packet of %d bytes exceeds %d"

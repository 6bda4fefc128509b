"""THE table of the dialect: fields, tags, messages and response codes, as plain data.
Both codecs and the session read it; nothing else may know a field's form. Source: the
UnionPay POS terminal dialect as README.md tells it; "ours" marks what this project adds.
"""

MAX_PACKET = 1024  # bytes from the TPDU on; longer packets are refused unread
BITMAP_AT = 13  # TPDU 5, header 6, MTI 2 bytes go before
FIELDS_AT = 21

# number: (name, kind, length bytes, limit, pad side)
#   kind: n digits in BCD, z track digits with "=" in BCD, a printable ASCII, b binary
#   length bytes: 0 fixed, 1 LL, 2 LLL; the length is BCD and counts digits (n, z) or bytes
#   limit: digits (n, z) or bytes (a, b); the exact size of a fixed field
#   pad side: where an odd count of digits has its zero nibble: R right, L left
FIELDS = {
    2: ("card number", "n", 1, 19, "R"),
    3: ("processing code", "n", 0, 6, "R"),
    4: ("amount, fen", "n", 0, 12, "R"),
    11: ("STAN", "n", 0, 6, "R"),
    12: ("time", "n", 0, 6, "R"),
    13: ("date", "n", 0, 4, "R"),
    14: ("expiry", "n", 0, 4, "R"),
    15: ("settlement date", "n", 0, 4, "R"),
    22: ("entry mode", "n", 0, 3, "R"),
    23: ("card sequence", "n", 0, 3, "L"),
    25: ("condition code", "n", 0, 2, "R"),
    26: ("PIN length limit", "n", 0, 2, "R"),
    32: ("acquirer", "n", 1, 11, "R"),
    35: ("track 2", "z", 1, 37, "R"),
    36: ("track 3", "z", 2, 104, "R"),
    37: ("RRN", "a", 0, 12, ""),
    38: ("authorisation", "a", 0, 6, ""),
    39: ("response code", "a", 0, 2, ""),
    41: ("terminal", "a", 0, 8, ""),
    42: ("merchant", "a", 0, 15, ""),
    43: ("merchant name", "a", 0, 40, ""),
    44: ("issuer, acquirer", "a", 1, 25, ""),
    46: ("additional data 46", "a", 2, 999, ""),
    48: ("totals or batch entries", "n", 2, 322, "R"),
    49: ("currency", "a", 0, 3, ""),
    52: ("PIN block", "b", 0, 8, ""),
    53: ("security control", "n", 0, 16, "R"),
    54: ("balance", "a", 2, 40, ""),
    55: ("chip data", "b", 2, 999, ""),
    56: ("additional data 56", "a", 2, 999, ""),
    59: ("additional data 59", "a", 2, 999, ""),
    60: ("type, batch, network code", "n", 2, 17, "R"),
    61: ("original batch, STAN, date", "n", 2, 29, "R"),
    62: ("keys or tags", "b", 2, 999, ""),
    63: ("card scheme or operator", "a", 2, 999, ""),
    64: ("MAC", "b", 0, 8, ""),
}

# Tags of F62 (ours): tag: (name, kind, limit, fixed)
#   kind: n digits in BCD, a printable ASCII, u UTF-8, b binary; limit: digits (n) or bytes
TAGS = {
    "DF01": ("order number", "a", 32, False),
    "DF02": ("product", "u", 60, False),
    "DF03": ("quantity", "n", 4, True),
    "DF04": ("order amount, fen", "n", 12, True),
    "DF05": ("already refunded, fen", "n", 12, True),
    "DF06": ("reason", "n", 2, True),
    "DF07": ("operator", "n", 2, True),
    "DF08": ("state", "n", 2, True),
    "DF09": ("expected arrival", "n", 8, True),
    "DF0A": ("reviewer's note", "u", 60, False),
    "DF0B": ("original terminal", "a", 8, True),
    "DF0C": ("date of the intent", "n", 8, True),
    "DF0D": ("card token", "b", 8, True),
    "DF0E": ("open intent", "n", 34, True),
    "DF0F": ("host's last STAN", "n", 6, True),
    "DF10": ("masked card", "a", 19, False),
    "DF11": ("merchant name", "u", 40, False),
    "DF12": ("date", "n", 8, True),
}
REPEATED_TAG = "DF0E"  # the only tag that may come more than once

# DF08 (ours)
REFUND_STATES = {
    "01": "open",
    "02": "in review",
    "03": "approved",
    "04": "declined",
    "05": "cancelled",
    "06": "unknown key",
}

# Reply lists hold for F39 00 and 09; of them, F38 for 00 only, and these two only where
# the request had them.
ONLY_APPROVED = (38,)
ONLY_ECHOED = (2, 14)

# What any other reply carries; the network messages have no STAN or no MAC to give.
_REFUSED = (11, 12, 13, 39, 41, 42, 60, 64)
_REFUSED_SIGN_ON = (11, 12, 13, 39, 41, 42, 60)
_NETWORK_REPLY = (12, 13, 39, 41, 42, 60)

_CARD = (2, 14, 23, 26, 35, 36, 38, 52, 53, 55)
_REFUND = (3, 4, 11, 22, 25, 37, 41, 42, 49, 60, 61, 62, 63, 64)
_REVERSAL = (3, 4, 11, 22, 25, 39, 41, 42, 49, 60, 64)
_NO_CARD = (23, 38)  # ours: what is sent again names the card by its token
_SALE_REPLY = (2, 3, 4, 11, 12, 13, 14, 15, 25, 32, 37, 38, 39, 41, 42, 44, 49, 53, 60, 63, 64)
_REFUND_REPLY = (2, 3, 4, 11, 12, 13, 14, 15, 25, 32, 37, 39, 41, 42, 44, 49, 53, 60, 63, 64)
_REVERSAL_REPLY = (3, 4, 11, 12, 13, 39, 41, 42, 49, 60, 64)
_BATCH_REPLY = (11, 12, 13, 39, 41, 42, 48, 60, 64)
_INQUIRY = (3, 11, 41, 42, 60, 62, 64)
_INQUIRY_REPLY = (3, 11, 12, 13, 37, 39, 41, 42, 60, 61, 62, 64)
_INTENTS_REPLY = (3, 11, 12, 13, 39, 41, 42, 60, 62, 64)

# name: (request MTI, F3 or None, F60.1 type, F60.3 network codes or None for any,
#        mandatory fields of the request, conditional fields of the request,
#        reply MTI, mandatory fields of a reply with 00 or 09, of any other reply)
MESSAGES = {
    "sale": ("0200", "000000", "22", None,
             (3, 4, 11, 22, 25, 41, 42, 49, 60, 64), _CARD + (62, 63),
             "0210", _SALE_REPLY, _REFUSED),
    "void": ("0200", "200000", "23", None,
             (3, 4, 11, 22, 25, 37, 41, 42, 49, 60, 61, 64), _CARD + (62, 63),
             "0210", _SALE_REPLY, _REFUSED),
    "refund": ("0220", "200000", "25", None, _REFUND, _CARD,
               "0230", _REFUND_REPLY, _REFUSED),
    "sale_reversal": ("0400", "000000", "22", None, _REVERSAL, (23, 37, 38, 61, 62),
                      "0410", _REVERSAL_REPLY, _REFUSED),
    "void_reversal": ("0400", "200000", "23", None, _REVERSAL, (23, 37, 38, 61, 62),
                      "0410", _REVERSAL_REPLY, _REFUSED),
    "sign_on": ("0800", None, "00", ("001", "003", "004"), (11, 41, 42, 60, 63), (62,),
                "0810", (11, 12, 13, 32, 37, 39, 41, 42, 60, 62, 64), _REFUSED_SIGN_ON),
    "sign_off": ("0820", None, "00", ("002",), (11, 41, 42, 60), (),
                 "0830", _NETWORK_REPLY, _NETWORK_REPLY),
    "echo": ("0820", None, "00", ("301",), (41, 42, 60), (11,),
             "0830", _NETWORK_REPLY, _NETWORK_REPLY),
    "settlement": ("0500", None, "00", ("201",), (11, 41, 42, 48, 49, 60, 62, 63, 64), (),
                   "0510", _BATCH_REPLY, _REFUSED),
    "batch_upload": ("0320", None, "00", ("201",), (11, 41, 42, 48, 60, 64), (),
                     "0330", _BATCH_REPLY, _REFUSED),
    "batch_end": ("0320", None, "00", ("202", "207"), (11, 41, 42, 48, 60, 64), (),
                  "0330", _BATCH_REPLY, _REFUSED),
    # all below are ours
    "order_inquiry": ("0600", "380000", "01", None, _INQUIRY, (),
                      "0610", _INQUIRY_REPLY, _REFUSED),
    "refund_status": ("0600", "390000", "01", None,
                      (3, 11, 41, 42, 60, 61, 62, 64), (),
                      "0610", _INQUIRY_REPLY, _REFUSED),
    "open_intents": ("0600", "390001", "01", None, _INQUIRY, (),
                     "0610", _INTENTS_REPLY, _REFUSED),
    "refund_repeat": ("0221", "200000", "25", None, _REFUND, _NO_CARD,
                      "0230", _REFUND_REPLY, _REFUSED),
    "cancel": ("0420", "200000", "25", None, _REFUND, _NO_CARD,
               "0430", _REVERSAL_REPLY, _REFUSED),
    "cancel_repeat": ("0421", "200000", "25", None, _REFUND, _NO_CARD,
                      "0430", _REVERSAL_REPLY, _REFUSED),
}

# F39: code: (meaning, final for a refund). A code that is not here is not final either.
# 09 is neither: held for review (ours). For a void or sale, not final means: reverse it.
CODES = {
    "00": ("approved", True),
    "01": ("call the issuer", True),
    "03": ("merchant not valid", True),
    "05": ("refused", True),
    "09": ("held for review", False),
    "12": ("invalid transaction", True),
    "13": ("invalid amount", True),
    "14": ("invalid card number", True),
    "22": ("out of the refund window", True),
    "25": ("no original transaction", True),
    "30": ("format error", True),
    "40": ("not supported", True),
    "51": ("insufficient balance", True),
    "54": ("card expired", True),
    "55": ("wrong PIN", True),
    "58": ("terminal not allowed", True),
    "61": ("over the limit", True),
    "64": ("amount does not match the original", True),
    "68": ("timeout", False),
    "75": ("PIN tries exceeded", True),
    "77": ("sign on again", False),
    "90": ("day cut in progress", False),
    "91": ("issuer out of service", False),
    "92": ("line fault", False),
    "94": ("duplicate", True),
    "96": ("system fault", False),
    "97": ("terminal not enrolled", True),
    "98": ("issuer timeout", False),
    "99": ("PIN format", True),
    "A0": ("MAC wrong, sign on again", False),
    "C9": ("voided or cancelled", True),
    "CA": ("reversed", True),
}
HELD_FOR_REVIEW = "09"

# A0 and 77 only prompt a sign-on and a repeat: they may come without a MAC.
MAY_LACK_MAC = ("A0", "77")

# F39 of a reversal request
REVERSAL_REASONS = {
    "98": "no reply",
    "A0": "bad MAC",
    "96": "approved, but the terminal failed",
    "06": "other",
}

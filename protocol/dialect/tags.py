"""The tags of F62 (ours), and what one of them says of a refund."""

# Tags of F62 (ours): tag, form, name. The length is always one byte and counts bytes; u is UTF-8.
TAGS = """
DF01 a..32 order number
DF02 u..60 product
DF03 n4    quantity
DF04 n12   order amount, fen
DF05 n12   already refunded, fen
DF06 n2    reason
DF07 n2    operator
DF08 n2    state
DF09 n8    expected arrival
DF0A u..60 reviewer's note
DF0B a8    original terminal
DF0C n8    date of the intent
DF0D b8    card token
DF0E n34   open intent
DF0F n6    host's last STAN
DF10 a..19 masked card
DF11 u..40 merchant name
DF12 n8    date
DF13 n..10 risk rules
DF14 a..24 payment code
DF1A n4    activation code, its name
DF15 a..112 master key, TR-31
DF16 b8    terminal's nonce
DF17 b8    proof of the code
DF18 b4    KCV, check value
DF19 a..12 MAC algorithm
"""
REPEATED_TAG = "DF0E"  # the only tag that may come more than once

# DF08 (ours)
REFUND_STATES = """
01 open
02 in review
03 approved
04 declined
05 cancelled
06 unknown key
"""

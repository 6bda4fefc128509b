"""THE tables of the dialect: fields, tags, messages and response codes, a line of text for each.
Both codecs and the session read them; nothing else may know a field's form. Source: the UnionPay
POS terminal dialect as README.md tells it; "ours" marks what this project adds.

Text, for a terminal keeps it in a sixth of the memory that dicts of tuples take. The columns are
words, the last one a name of any words. The host has the same tables as dicts in
protocol/reference/tables.py.
"""

BITMAP_AT = 13  # TPDU 5, header 6, MTI 2 bytes go before
FIELDS_AT = 21

# number, form, name. A form is a kind and a size, as ISO 8583 writes it: n6 is exactly 6, n..19 at
# most 19 behind one byte of length (LL), n...999 behind two (LLL). The length is BCD.
#   kind: n digits in BCD, where an odd count has its zero nibble on the right; r the same, on the
#   left; z track digits with "=", in BCD; a printable ASCII; b binary
#   size and length count digits (n, r, z) or bytes (a, b)
FIELDS = """
2  n..19   card number
3  n6      processing code
4  n12     amount, fen
11 n6      STAN
12 n6      time
13 n4      date
14 n4      expiry
15 n4      settlement date
22 n3      entry mode
23 r3      card sequence
25 n2      condition code
26 n2      PIN length limit
32 n..11   acquirer
35 z..37   track 2
36 z...104 track 3
37 a12     RRN
38 a6      authorisation
39 a2      response code
41 a8      terminal
42 a15     merchant
43 a40     merchant name
44 a..25   issuer, acquirer
46 a...999 additional data 46
48 n...322 totals or batch entries
49 a3      currency
52 b8      PIN block
53 n16     security control
54 a...40  balance
55 b...999 chip data
56 a...999 additional data 56
59 a...999 additional data 59
60 n...17  type, batch, network code
61 n...29  original batch, STAN, date
62 b...999 keys or tags
63 a...999 card scheme or operator
64 b8      MAC
"""

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

# Fields that go together in MESSAGES. Reply lists hold for F39 00 and 09; of them, F38 for 00 only,
# and F2 and F14 only where the request had them.
LISTS = """
card     2 14 23 26 35 36 38 52 53 55
no_card  23 38
sale     3 4 11 22 25 41 42 49 60 64
refund   3 4 11 22 25 37 41 42 49 60 61 62 63 64
reversal 3 4 11 22 25 39 41 42 49 60 64
batch    11 41 42 48 60 64
inquiry  3 11 41 42 60 62 64
sold     2 3 4 11 12 13 14 15 25 32 37 38 39 41 42 44 49 53 60 63 64
refunded 2 3 4 11 12 13 14 15 25 32 37 39 41 42 44 49 53 60 63 64
reversed 3 4 11 12 13 39 41 42 49 60 64
keys     11 12 13 32 37 39 41 42 60 62 64
network  12 13 39 41 42 60
counted  11 12 13 39 41 42 48 60 64
told     3 11 12 13 39 41 42 60 62 64
refused  11 12 13 39 41 42 60 64
"""
ONLY_APPROVED = (38,)
ONLY_ECHOED = (2, 14)

# name, request MTI, F3, F60.1, F60.3, fields that the request must and may have, reply MTI, fields
# that a reply with 00 or 09 must have, and any other reply. "-" is none, or any; "a,b" is both.
# From order_inquiry on ours; what is sent again (no_card) names the card by its token.
MESSAGES = """
sale          0200 000000 22 -           sale           card,62,63     0210 sold       refused
void          0200 200000 23 -           sale,37,61     card,62,63     0210 sold       refused
refund        0220 200000 25 -           refund         card           0230 refunded   refused
sale_reversal 0400 000000 22 -           reversal       23,37,38,61,62 0410 reversed   refused
void_reversal 0400 200000 23 -           reversal       23,37,38,61,62 0410 reversed   refused
sign_on       0800 -      00 001,003,004 11,41,42,60,63 62             0810 keys       network,11
sign_off      0820 -      00 002         11,41,42,60    -              0830 network    network
echo          0820 -      00 301         41,42,60       11             0830 network    network
settlement    0500 -      00 201         batch,49,62,63 -              0510 counted    refused
batch_upload  0320 -      00 201         batch          -              0330 counted    refused
batch_end     0320 -      00 202,207     batch          -              0330 counted    refused
order_inquiry 0600 380000 01 -           inquiry        -              0610 told,37,61 refused
refund_status 0600 390000 01 -           inquiry,61     -              0610 told,37,61 refused
open_intents  0600 390001 01 -           inquiry        -              0610 told       refused
refund_repeat 0221 200000 25 -           refund         no_card        0230 refunded   refused
cancel        0420 200000 25 -           refund         no_card        0430 reversed   refused
cancel_repeat 0421 200000 25 -           refund         no_card        0430 reversed   refused
"""

# F39: code, final or open for a refund, meaning. A code that is not here is open too; 09 is held
# for review (ours). For a void or sale, not final means: reverse it. In a reversal request: 98 no
# reply, A0 bad MAC, 96 approved but the terminal failed, 06 other.
CODES = """
00 final approved
01 final call the issuer
03 final merchant not valid
05 final refused
09 held held for review
12 final invalid transaction
13 final invalid amount
14 final invalid card number
22 final out of the refund window
25 final no original transaction
30 final format error
40 final not supported
51 final insufficient balance
54 final card expired
55 final wrong PIN
58 final terminal not allowed
61 final over the limit
64 final amount does not match the original
68 open timeout
75 final PIN tries exceeded
77 open sign on again
90 open day cut in progress
91 open issuer out of service
92 open line fault
94 final duplicate
96 open system fault
97 final terminal not enrolled
98 open issuer timeout
99 final PIN format
A0 open MAC wrong, sign on again
C9 final voided or cancelled
CA final reversed
"""


def lines(table):
    """The lines of a table, one after the other."""
    at = 0
    while at + 1 < len(table):
        end = table.find("\n", at + 1)
        yield table[at + 1 : end]
        at = end


def row(table, key, columns):
    """The words of the line that begins with `key`, or None; the last of `columns` is the rest of
    the line."""
    at = table.find("\n" + key + " ") + 1
    if not at:
        return None
    return table[at : table.find("\n", at)].split(None, columns - 1)


def form(text):
    """(kind, bytes of length in front of the value, size) of a form."""
    digits = text[1:].lstrip(".")
    dots = len(text) - 1 - len(digits)
    return text[0], dots - 1 if dots else 0, int(digits)


def numbers(text):
    """The fields of a column of MESSAGES, in ascending order."""
    fields = []
    for word in text.split(","):
        fields += [word] if word.isdigit() else row(LISTS, word, 99)[1:] if word != "-" else []
    return sorted([int(field) for field in fields])

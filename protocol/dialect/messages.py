"""The messages, and the fields of each."""

from protocol.dialect import row

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
granted  11 12 13 39 41 42 60 62
no_number 11 12 13 39 60
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
activate      0820 -      00 401         11,60,62       -              0830 granted    no_number
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


def numbers(text):
    """The fields of a column of MESSAGES, in ascending order."""
    fields = []
    for word in text.split(","):
        fields += [word] if word.isdigit() else row(LISTS, word, 99)[1:] if word != "-" else []
    return sorted([int(field) for field in fields])

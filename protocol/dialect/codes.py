"""The response codes, F39."""

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

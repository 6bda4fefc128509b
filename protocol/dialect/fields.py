"""The fields of a message, and where the first one lies."""

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

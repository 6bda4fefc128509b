"""Faults of the host as every face offers them: which request meets one, and which it is.

FAULTS: name in words.py -> the statement of the key-script language, for one request.
"""
REQUESTS = ("0220", "0200", "0600", "0420", "0400", "0800", "0820", "0500")
FAULTS = {
    "silent": "host silent {mti} 1",
    "mute": "host mute {mti} 1",
    "bad-mac": "host bad-mac {mti} 1",
    "delay": "host delay 5s {mti}",
    "crash-before": "host crash before {mti}",
    "crash-after": "host crash after {mti}",
    "refuse": "host refuse 91 {mti} 1",
    "ask-sign-on": "host ask-sign-on {mti} 1",
}

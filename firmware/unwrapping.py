"""Working keys as the host wraps them, opened for as long as a Mac or a PIN block takes.

Only what was made with a key leaves here, never the key.
"""

from protocol.keys import unwrap_working_keys


def mac(wrapped, tmk, algorithm, ciphers):
    """The Mac under the MAK in `wrapped`, F62 of an 0810. WireFault: wrong KCV, or a MAK that the
    algorithm cannot use."""
    return unwrap_working_keys(wrapped, tmk, ciphers).mac(algorithm, ciphers)


def pin_block(wrapped, tmk, ciphers, pin, card):
    """F52 under the PIK in `wrapped`, F62 of an 0810: format 0, for PIN and card number as text.
    WireFault as `mac`; LocalMisuse for what is no PIN or no card number."""
    return unwrap_working_keys(wrapped, tmk, ciphers).pin_key(ciphers).block(pin, card)

"""Working keys as the host wraps them, opened: for as long as it takes to make a Mac."""

from protocol.keys import unwrap_working_keys


def mac(wrapped, tmk, algorithm, ciphers):
    """The Mac under the MAK in `wrapped`, F62 of an 0810. WireFault: wrong KCV, or a MAK that the
    algorithm cannot use."""
    return unwrap_working_keys(wrapped, tmk, ciphers).mac(algorithm, ciphers)

"""Message authentication: choose an algorithm by name, bring the ciphers."""

from protocol.mac.algorithms import ALGORITHMS, KEY_SIZES, MAC_SIZE, Mac, equal

__all__ = ["ALGORITHMS", "KEY_SIZES", "MAC_SIZE", "Mac", "equal"]

"""The host's side of protocol/keys.py: working keys wrapped under a TMK into the 0810's F62.

What this builds, unwrap_working_keys reads back; a set that could be misread is refused here.
"""

from contextlib import suppress

from protocol.errors import LocalMisuse, WireFault
from protocol.keys import TAGS_START, TMK_SIZE, kcv

SINGLE_MAK_REST = bytes(8)  # stands behind an 8-byte MAK, not encrypted


class DrawAgain(LocalMisuse):
    """Nothing is wrong with the keys but how they look once wrapped: other ones will do."""


def wrap_working_keys(pik, mak, tmk, ciphers, tdk=None, tags=b""):
    """F62 of an 0810 with 00: PIK (16 bytes), MAK (8 or 16), optional TDK (16), each under the TMK
    with its KCV, then `tags` (protocol.tlv.pack). Raises LocalMisuse, and DrawAgain for a TDK that
    looks like a tag when wrapped (one in 65,536), a MAK that looks like a single one, or two keys
    that are alike."""
    for name, key, sizes in (("PIK", pik, (16,)), ("MAK", mak, (8, 16)), ("TDK", tdk, (16,))):
        if key is not None and len(key) not in sizes:
            raise LocalMisuse("62." + name, f"a key of {len(key)} bytes")
    if len(tmk) != TMK_SIZE:
        raise LocalMisuse("tmk", f"{len(tmk)} bytes, not {TMK_SIZE}")
    if tags and not tags.startswith(TAGS_START):
        raise LocalMisuse("62", "the tags behind the keys begin with DF0F")
    if mak in pik or tdk is not None and (tdk == pik or mak in tdk):
        raise DrawAgain("62", "two of the keys are alike")
    encrypt = ciphers.des(tmk).encrypt
    wrapped_mak = _wrapped(mak, encrypt)
    if len(mak) == 8:
        wrapped_mak += SINGLE_MAK_REST
    elif wrapped_mak.endswith(SINGLE_MAK_REST):
        raise DrawAgain("62.MAK", "the wrapped key reads as a single one")
    f62 = _wrapped(pik, encrypt) + kcv(pik, ciphers) + wrapped_mak + kcv(mak, ciphers)
    if tdk is not None:
        wrapped_tdk = _wrapped(tdk, encrypt)
        if wrapped_tdk.startswith(TAGS_START):
            raise DrawAgain("62.TDK", "the wrapped key reads as a tag")
        f62 += wrapped_tdk + kcv(tdk, ciphers)
    return f62 + tags


def in_bytes(keys):
    """(PIK, MAK, TDK or None) of WorkingKeys, for who explains or judges what was sent: no terminal
    and no acquirer has a use for it."""
    return keys._key


def macs_under(keys, algorithms, ciphers):
    """The Macs of those `algorithms` that can use the MAK of WorkingKeys."""
    found = []
    for name in algorithms:
        with suppress(WireFault):
            found.append(keys.mac(name, ciphers))
    return found


def _wrapped(key, encrypt):
    return b"".join(encrypt(key[at : at + 8]) for at in range(0, len(key), 8))

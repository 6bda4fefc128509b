"""Working keys out of the 0810's F62: unwrap under the TMK, check every KCV, then hand them over.

One wrong KCV or length refuses the whole set. No key may show in a text form or an error.
"""

from protocol.errors import LocalMisuse, WireFault
from protocol.mac import KEY_SIZES, Mac, equal

KEY_ENTRY = 20  # 16 bytes under the TMK (or 8 and 8 zeros), 4 bytes KCV
KCV_SIZE = 4
TAGS_START = b"\xdf\x0f"  # DF0F, the first tag behind the keys (ours)
TMK_SIZE = 16


class WorkingKeys:
    """A set of three, none of which can be had in bytes: each is used through what it is for, and
    so in no other's place. mac() is the MAK's, pin_key() the PIK's; nothing needs the TDK yet."""

    def __init__(self, pik, mak, tdk, mak_at):
        self._key = pik, mak, tdk
        self._mak_at = mak_at

    def mac(self, algorithm, ciphers):
        """The Mac under this MAK. Raises WireFault if the host sent a MAK that `algorithm` cannot
        use."""
        mak = self._key[1]
        if len(mak) not in KEY_SIZES.get(algorithm, (len(mak),)):
            reason = "a key of %d bytes is none for %s" % (len(mak), algorithm)
            raise WireFault("62.MAK", self._mak_at, reason)
        return Mac(algorithm, mak, ciphers)

    def pin_key(self, ciphers):
        """The protocol.pin.PinKey under this PIK."""
        from protocol.pin import PinKey  # whoever signs on needs none

        return PinKey(self._key[0], ciphers)

    def __repr__(self):
        return "WorkingKeys(PIK, MAK%s)" % (", TDK" if self._key[2] else "")


def unwrap_working_keys(f62, tmk, ciphers, at=0):
    """WorkingKeys from F62 of an 0810 with 00. tmk: 16 bytes; at: where F62's data lies, from the
    TPDU on. Raises WireFault with the path "62.PIK", "62.MAK" or "62.TDK"."""
    if len(tmk) != TMK_SIZE:
        raise LocalMisuse("tmk", "%d bytes, not %d" % (len(tmk), TMK_SIZE))
    master = ciphers.des(tmk)
    pik = _unwrap(f62, 0, "62.PIK", master, ciphers, at)
    mak = _unwrap(f62, KEY_ENTRY, "62.MAK", master, ciphers, at)
    tdk = None
    if _keys_end(f62) > 2 * KEY_ENTRY:
        tdk = _unwrap(f62, 2 * KEY_ENTRY, "62.TDK", master, ciphers, at)
        if tdk == pik or mak in tdk:
            raise WireFault("62.TDK", at + 2 * KEY_ENTRY, "the key is another's too")
    if mak in pik:
        raise WireFault("62.MAK", at + KEY_ENTRY, "the key is the PIK's too")
    return WorkingKeys(pik, mak, tdk, at + KEY_ENTRY)


def behind_keys(f62):
    """The tags behind the keys in F62 of an 0810 with 00, for protocol.tlv.unpack."""
    return bytes(f62[_keys_end(f62) :])


def kcv(key, ciphers):
    """Key check value: the first 4 bytes of zeros encrypted under the key (8 or 16 bytes)."""
    return ciphers.des(key).encrypt(bytes(8))[:KCV_SIZE]


def _keys_end(f62):
    """A third key is there if something follows the second that is not the first tag; the host
    never sends a wrapped TDK that begins like it."""
    end = 2 * KEY_ENTRY
    if len(f62) > end and f62[end : end + 2] != TAGS_START:
        end += KEY_ENTRY
    return end


def _unwrap(f62, start, path, master, ciphers, at):
    entry = bytes(f62[start : start + KEY_ENTRY])
    if len(entry) < KEY_ENTRY:
        reason = "%d of %d bytes are missing" % (KEY_ENTRY - len(entry), KEY_ENTRY)
        raise WireFault(path, at + len(f62), reason)
    key = master.decrypt(entry[:8])
    if path != "62.MAK" or entry[8:16] != bytes(8):  # only a MAK may be single
        key += master.decrypt(entry[8:16])
    if not equal(kcv(key, ciphers), entry[16:]):
        raise WireFault(path, at + start + 16, "the KCV is not the key's")
    return key

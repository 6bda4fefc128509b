"""Whether the MACs of a capture are right, as far as it tells the keys itself.

A simulator's sign-on brings the MAK under the published test TMK; it is used here and never shown.
What was noted at capture, before masking, comes first.
"""
from collections import OrderedDict

from host_sim.acquirer import samples
from protocol.errors import LocalMisuse, WireFault
from protocol.iso8583 import mac_span
from protocol.keys import KCV_SIZE, KEY_ENTRY, kcv, unwrap_working_keys
from protocol.mac import KEY_SIZES, Mac
from protocol.reference.ciphers import Ciphers
from protocol.reference.keys import macs_under

TERMINALS = 1000        # whose keys are kept
GENERATIONS = 2         # an answer may still lie under the keys before
VERDICTS = ("valid", "invalid", "unchecked")


class Macs:
    """`algorithm`: the one in use, None where it is not known: then the first that fits is it.
    `key`: bytes of a MAK that is known beforehand. Raises LocalMisuse if the two do not fit."""

    def __init__(self, algorithm=None, key=None):
        self._names = (algorithm,) if algorithm in KEY_SIZES else tuple(KEY_SIZES)
        self._ciphers = Ciphers()
        self._known = self._macs(key) if key else []
        self._sets = OrderedDict()   # terminal: lists of Mac, the newest first
        self._taken = {}             # terminal: the F62 that brought the newest
        if key and not self._known:
            raise LocalMisuse("mac", f"no algorithm has a key of {len(key)} bytes")

    def verdict(self, packet, message, noted):
        """"valid", "invalid", "unchecked", or "" for a message without a MAC."""
        if noted in VERDICTS:
            return noted
        if 64 not in message.fields:
            return ""
        sets = [*self._sets.get(message.fields.get(41), ())]
        if self._known:
            sets.append(self._known)
        if not sets:
            return "unchecked"
        start, end = mac_span(packet)
        data, mac = packet[start:end], message.fields[64]
        for one in sets:
            for at, each in enumerate(one):
                if each.verify(data, mac):
                    one[:] = [one[at]]
                    return "valid"
        return "invalid"

    def learn(self, message):
        """Take the keys of an 0810 with 00. What is wrong with them, in words, else "". Keys under
        a master key that is not published say nothing."""
        f62, terminal = message.fields.get(62), message.fields.get(41)
        if message.mti != "0810" or message.fields.get(39) != "00" or not f62 or not terminal:
            return ""
        tmk = samples.secrets([(terminal,)]).tmk_of(terminal)
        try:
            keys = unwrap_working_keys(f62, tmk, self._ciphers)
        except WireFault as fault:
            return str(fault.reason) if self._ours(f62, tmk) else ""
        sets = self._sets.setdefault(terminal, [])
        if f62 != self._taken.get(terminal):
            self._taken[terminal] = f62
            macs = macs_under(keys, self._names, self._ciphers)
            sets[:] = [macs, *sets][:GENERATIONS]
        self._sets.move_to_end(terminal)
        if len(self._sets) > TERMINALS:
            self._taken.pop(self._sets.popitem(last=False)[0], None)
        return ""

    def _macs(self, key):
        return [Mac(name, key, self._ciphers) for name in self._names
                if len(key) in KEY_SIZES[name]]

    def _ours(self, f62, tmk):
        """Whether one of the keys opens under the published master key."""
        decrypt = self._ciphers.des(tmk).decrypt
        for start in (0, KEY_ENTRY):
            entry = f62[start:start + KEY_ENTRY]
            if len(entry) == KEY_ENTRY:
                key = decrypt(entry[:16])
                short = key[:8] if entry[8:16] == bytes(8) else key
                if kcv(short, self._ciphers) == entry[-KCV_SIZE:]:
                    return True
        return False

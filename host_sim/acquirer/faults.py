"""Faults of the host, scripted: which request, how often, what goes wrong.

A fault changes what is heard or said, never what a rule decides or the ledger holds.
"""

DEAF = "deaf"  # the request is not heard: nothing happens, no reply
MUTE = "mute"  # the request is carried out, its reply is lost
BAD_MAC = "bad mac"  # the reply's F64 is wrong
WRONG_KCV = "wrong kcv"  # the 0810 brings keys whose check value is wrong
DELAY = "delay"  # the reply leaves later (the link server holds it back)
MISCOUNT = "miscount"  # 0500: its totals do not match, although they should

KINDS = (DEAF, MUTE, BAD_MAC, WRONG_KCV, DELAY, MISCOUNT)


class Faults:
    """Scripted faults, each used up by the requests it meets."""

    def __init__(self):
        self._scripted = []
        self.happened = dict.fromkeys(KINDS, 0)

    def script(self, kind: str, mti: str, times: int = 1, delay_ms: int = 0) -> None:
        """Let `kind` befall the next `times` requests of an MTI. ValueError on another kind."""
        if kind not in KINDS:
            raise ValueError(f"no such fault: {kind}")
        self._scripted.append([kind, mti, times, delay_ms])

    def take(self, kind: str, mti: str) -> bool:
        """Whether this fault befalls the request in hand; uses up one of its times."""
        return self._use(kind, mti) is not None

    def delay_ms(self, mti: str) -> int:
        """How long the reply to the request in hand is held back; 0 as a rule."""
        scripted = self._use(DELAY, mti)
        return scripted[3] if scripted else 0

    def _use(self, kind, mti):
        for scripted in self._scripted:
            if scripted[:2] == [kind, mti]:
                scripted[2] -= 1
                if scripted[2] <= 0:
                    self._scripted.remove(scripted)
                self.happened[kind] += 1
                return scripted
        return None

"""A session of our own with an acquirer: requests of a file sent again under other STANs,
references, keys and MACs. It is a terminal as the wire has it, and knows the host by packets only.
"""
from protocol import batch, sealing, session, tlv
from protocol.errors import LocalMisuse
from protocol.iso8583 import Message, decode, encode
from protocol.keys import behind_keys, unwrap_working_keys
from protocol.reference.ciphers import Ciphers
from protocol.subfields import f60, f61, split_f60, split_f61
from tools.replay.implied import card_of, tags_of

SIGN_ON = "0800"
DOUBLE_KEYS = "003"
NO_MAC_YET = bytes(8)
CIPHERS = Ciphers()
UNKEYED = ("activate",)     # goes under a code that only the device and its host know
BLANKED = {2: "the card number", 35: "track 2", 36: "track 3", 52: "the PIN block"}


class CannotSend(Exception):
    """Why a request of the file cannot be sent again."""


class Session:
    """`answer(packet, now)` is the acquirer's. `rules` remember what stands for what; `tokens`
    {order number: card token} as this acquirer has them. Set `theirs` to the PinKey of the file's
    last sign-on where it is known: it opens the file's PIN blocks."""

    def __init__(self, answer, secrets, mac, rules, tokens):
        self._answer = answer
        self._secrets = secrets
        self._mac_name = mac
        self._rules = rules
        self._tokens = tokens
        self._stan = 0
        self._stans = {}        # (batch, STAN) of the file: ours
        self._mac = None
        self._pins = None       # makes our PIN blocks
        self.theirs = None

    def send(self, name, said, now, spoil_mac=False):
        """(our request's packet, the reply's packet or None) for a request of the file (a Said).
        Raises CannotSend."""
        message = self._restamped(name, said)
        if 64 in message.fields and self._mac is None:
            self._sign_on(message, now)
        packet = self._sealed(message)
        if spoil_mac and 64 in message.fields:
            packet = packet[:-1] + bytes([packet[-1] ^ 1])
        reply = self._answer(packet, now)
        if reply is not None and message.mti == SIGN_ON:
            self._take_keys(message, decode(reply))
        return packet, reply

    def check(self, request, reply):
        """Raise WireFault unless a reply's packet is one to our request's."""
        session.check_reply(decode(request), decode(reply), reply, self._mac)

    def _sealed(self, message):
        try:
            return sealing.seal(message, self._mac) if 64 in message.fields else encode(message)
        except LocalMisuse as reason:
            raise CannotSend(str(reason)) from None

    def _sign_on(self, like, now):
        """One of our own, where the file begins behind its own."""
        fields = {11: self._next_stan(), 41: like.fields[41], 42: like.fields[42],
                  60: f60("00", split_f60(like.fields[60])[1], DOUBLE_KEYS), 63: "01 "}
        message = Message(like.tpdu, like.header, SIGN_ON, fields)
        reply = self._answer(encode(message), now)
        if reply is None:
            raise CannotSend("the sign-on of the replay was not answered")
        self._take_keys(message, decode(reply))

    def _take_keys(self, request, reply):
        tmk = self._secrets.tmk_of(request.fields[41])
        if reply.fields.get(39) != session.APPROVED or tmk is None:
            return
        keys = unwrap_working_keys(reply.fields[62], tmk, CIPHERS)
        self._mac = keys.mac(self._mac_name, CIPHERS)
        self._pins = keys.pin_key(CIPHERS)
        told = tlv.unpack(behind_keys(reply.fields[62]))
        self._stan = max(self._stan, int(told.get("DF0F", "0")))    # a STAN comes once in a batch

    def _next_stan(self):
        self._stan = self._stan % 999_999 + 1
        return f"{self._stan:06d}"

    # a request of the file as ours

    def _restamped(self, name, said):
        if name in UNKEYED:
            raise CannotSend("its proof is made of an activation code that a capture does not hold")
        theirs = said.message
        fields = dict(theirs.fields)
        self._unmask(fields, said)
        number = fields.get(60, "")[2:8]
        if 11 in fields:
            fields[11] = self._ours(number, fields[11])
            self._rules.map("STAN", _bcd(theirs.fields[11]), _bcd(fields[11]))
        if 37 in fields:
            fields[37] = self._rules.ours("RRN", fields[37].encode()).decode()
        if 61 in fields:
            original, stan, day = split_f61(fields[61])
            known = self._stans.get((f"{original:06d}", f"{stan:06d}"))
            fields[61] = f61(original, int(known or stan), day) + fields[61][16:]
        if 48 in fields and name == "batch_upload":
            fields[48] = batch.entries([(int(self._ours(number, f"{stan:06d}")), amount_fen)
                                        for stan, amount_fen in batch.split_entries(fields[48])])
        tags = tags_of(theirs)
        if tags and theirs.mti != SIGN_ON:
            fields[62] = tlv.pack(self._tags(tags))
        if 64 in fields:
            fields[64] = NO_MAC_YET
        return Message(theirs.tpdu, theirs.header, theirs.mti, fields)

    def _ours(self, number, stan):
        key = number, stan
        if key not in self._stans:
            self._stans[key] = self._next_stan()
        return self._stans[key]

    def _tags(self, tags):
        for tag, value in tags.items():
            if tag == "DF0D":
                value = self._tokens.get(tags.get("DF01"), value)
            if tag == "DF0E":
                for one in value:
                    yield tag, one[:6] + self._ours(one[:6], one[6:12]) + one[12:]
                continue
            yield tag, value

    def _unmask(self, fields, said):
        """What was masked by zeros: a card number stands for itself, the others tell nothing."""
        lost = [f"F{number}, {BLANKED[number]}" for number in (35, 36, 52) if number in said.masked]
        if lost:
            raise CannotSend(f"{' and '.join(lost)}: masked in the file")
        if 52 in fields:
            fields[52] = self._block(said.message)

    def _block(self, message):
        """F52 under our own key."""
        if self.theirs is None:
            raise CannotSend("F52: the PIN block is under a key that only its own host knows")
        card, _ = card_of(message)
        try:
            pin = self.theirs.pin(message.fields[52], card or "")
        except LocalMisuse:
            raise CannotSend("F52: the file's own key does not open the PIN block") from None
        if self._pins is None:
            raise CannotSend("F52: there was no sign-on before it")
        return self._pins.block(pin, card)


def _bcd(digits):
    return bytes.fromhex(digits)

"""The wire, piece by piece: who said what, what repeats what, what looks wrong.

Keeps a bounded number of things however long the capture is.
"""
from tools.reading import wording
from tools.reading.macs import Macs
from tools.reading.matching import Matching
from tools.reading.outcomes import Outcomes
from tools.reading.told import Told, clock, span
from tools.reading.units import unit

REPEAT_US = 13_000_000      # an equal frame within this, with none the other way: sent again
WHY = {"ack": ", though it was acknowledged", "nak": " and a NAK", None: " without an ACK"}
OTHER = {"out": "in", "in": "out"}


class Sent:
    """The last frame of one direction: its bytes, when, its number, what answered it."""

    def __init__(self, data, at_us, number):
        self.data = data
        self.at_us = at_us
        self.number = number
        self.answer = None


class Conversation:
    """tell() gives what there is to say of a wire packet, end() what never came."""

    def __init__(self, macs=None, reveal=False):
        self.outcomes = Outcomes()
        self._macs = macs or Macs()
        self._matching = Matching()
        self._reveal = reveal
        self._last = {}     # way: Sent

    def tell(self, number, packet):
        """Told of a recording.Packet of the wire, a list."""
        one = unit(packet.data)
        told = Told(number, packet.at_us, "wire", one.kind, "", packet.way)
        if one.kind == "packet":
            told.kind = "message"
            return self._packet(told, one, packet)
        if one.kind == "noise":
            told.words = f"noise, {len(packet.data)} bytes that are no frame"
            told.wrong.append(("noise", told.words))
        else:
            self._control(told, one.kind)
        return [told]

    def end(self, number, at_us):
        """Told of the requests that are still without a reply."""
        return [self._missing(number, at_us, one, "before the capture ends")
                for one in self._matching.silent()]

    def _control(self, told, kind):
        sent = self._last.get(OTHER.get(told.way))
        if sent is not None:
            sent.answer = kind
            told.about = sent.number
        told.words = "ACK" if kind == "ack" else "NAK"
        if kind == "nak":
            told.words = "NAK: frame damaged, to be sent again"
            of = f" of {clock(sent.at_us)}" if sent else ""
            told.wrong.append(("nak", f"NAK: the frame{of} arrived damaged"))

    def _packet(self, told, one, packet):
        told.packet, told.message = one.packet, one.message
        told.masked = packet.notes.get("masked", "")
        if one.frame_fault:
            code = "lrc" if "LRC" in one.frame_fault else "frame"
            told.wrong.append((code, one.frame_fault))
        if one.message is None:
            told.words = f"{len(one.packet)} bytes that are no packet"
            told.wrong.append(("packet", str(one.fault)))
            self._last[told.way] = Sent(packet.data, told.at_us, told.number)
            return [told]
        if one.message.mti == "0810" and not one.frame_fault:
            bad_keys = self._macs.learn(one.message)
            if bad_keys:
                told.wrong.append(("keys", f"keys wrong: {bad_keys}"))
        told.mac = self._macs.verdict(one.packet, one.message, packet.notes.get("mac"))
        told.words = wording.words(one.message, self._reveal and not told.masked)
        sent = self._last.get(told.way)
        if sent is not None and self._repeats(told, sent, packet.data):
            return [told]
        self._last[told.way] = Sent(packet.data, told.at_us, told.number)
        self._forget(OTHER.get(told.way))
        told.way = told.way or ("in" if wording.is_reply(one.message) else "out")
        if one.frame_fault:     # nobody takes it: it is neither a request nor a reply yet
            self._judged(told)
            return [told]
        return self._matched(told, one.message)

    def _forget(self, way):
        """What was said the other way before cannot be repeated after this."""
        if way in self._last:
            self._last[way].data = b""

    def _repeats(self, told, sent, data):
        """Whether this is the frame before once more; then it is told as that."""
        waited = told.at_us - sent.at_us
        if data != sent.data or not 0 <= waited < REPEAT_US:
            return False
        if sent.answer is None:
            told.wrong.append(("no ack", f"no ACK for the frame of {clock(sent.at_us)}"))
        told.words = (f"repeat of {clock(sent.at_us)} after {span(waited)}{WHY[sent.answer]}: "
                      f"{wording.short(told.message)}")
        told.about, told.repeat = sent.number, True
        sent.at_us, sent.answer = told.at_us, None
        if told.message is not None and not wording.is_reply(told.message):
            self._matching.again(told.at_us, told.message)
        return True

    def _judged(self, told):
        """Say of the MAC what there is to say."""
        if told.mac == "invalid":
            told.wrong.append(("mac", "MAC invalid"))
        if told.mac:
            told.words += f", MAC {told.mac}"

    def _matched(self, told, message):
        if wording.is_reply(message):
            return self._reply(told, message)
        self._judged(told)
        finding = self._matching.request(told.number, told.at_us, message)
        told.wrong += finding.wrong
        told.about = finding.about
        if finding.words:
            told.words = f"{told.words}; {finding.words}"
        self.outcomes.request(told.number, told.at_us, message)
        missing = [self._missing(told.number, told.at_us, one, "before the next request")
                   for one in self._matching.silent(message.fields.get(41, ""), told.number)]
        return [*missing, told]

    def _reply(self, told, message):
        self._judged(told)
        request, finding = self._matching.reply(told.at_us, message)
        told.wrong += finding.wrong
        told.about = finding.about
        if request is not None:
            told.words += f", after {span(told.at_us - request.at_us)}"
            self.outcomes.reply(request.message, message)
        return [told]

    @staticmethod
    def _missing(number, at_us, request, when):
        words = f"no reply to the {request.told()} {when}"
        return Told(number, at_us, "wire", "missing", words, "in", [("no reply", words)],
                    request.number)



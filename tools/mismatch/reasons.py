"""Why bytes are refused, or say something else than was meant: every known mistake is tried, those
that fit are told, the most likely first. Sound bytes are never accused.
"""
from typing import NamedTuple

from host_sim.show.explain import title
from protocol.dialect.fields import FIELDS_AT
from protocol.errors import LocalMisuse
from protocol.message import MTI_AT
from protocol.reference import codec, tables
from protocol.reference.ciphers import Ciphers
from tools.mismatch import envelope, fields, head, keychecks, macs, tags
from tools.mismatch.judge import UNKNOWN, judge
from tools.mismatch.mistake import Fit, Reason, fits

MISTAKES = (*head.MISTAKES, *fields.MISTAKES, *tags.MISTAKES)
TOLD = 3        # explanations of one trouble, at most
MAC_FIELD = 64


class Report(NamedTuple):
    """`packet`: what it is, in words; `reasons`: none if it is sound; `notes`: what else is known;
    `sound`: the packet as it is or as it was most likely meant, None if nobody knows."""
    packet: str
    reasons: tuple
    notes: tuple
    sound: bytes | None


def explain(data, keyset=None):
    """The Report on bytes: a packet, a packet behind its 2-byte length, or a serial frame.

    keyset: a tools.mismatch.keyset.KeySet, or None: then nothing is said of MACs and keys.
    """
    packet, found = envelope.opened(data)
    reasons, notes = [], []
    if packet is None:
        packet, reason = _envelope(data, found, keyset)
        reasons.append(reason)
        if packet is None:
            return Report(f"{len(data)} bytes", tuple(reasons), (), None)
    verdict = judge(packet)
    if verdict.trouble != (False, 0):
        reason = _packet(packet, verdict, keyset)
        if reason is not None:
            reasons.append(reason)
            notes += _meant_so(packet, keyset)
            packet = reason.fits[0].sound if reason.fits and reason.fits[0].sound else packet
        verdict = judge(packet)
    if not head.decodes(packet):
        return Report(f"{len(packet)} bytes", tuple(reasons), tuple(notes), None)
    message = codec.decode(packet)
    lacking = _lacking(message, verdict)
    if lacking and not any(one.field == lacking.field for one in reasons):
        reasons.append(lacking)
    if verdict.kind is None:
        notes.append(f"No transaction of the dialect has MTI {message.mti} with its F3 and F60: "
                     "what such a message must carry is not known.")
    notes += [f"{words[0].upper()}{words[1:]}." for words in verdict.odd]
    more, said = _keys(packet, message, keyset, bool(reasons))
    reasons += more
    notes += said
    return Report(f"{message.mti} {title(message)}, {len(packet)} bytes", tuple(reasons),
                  tuple(notes), packet)


def _envelope(data, trouble, keyset):
    """(packet or None, Reason) of bytes that stand in no sound envelope."""
    found = _ranked(list(envelope.wrong(data)), keyset)
    good = [fit for fit in found if judge(fit.sound).fault is None]
    bare = [fit for mistake in MISTAKES for fit in fits(mistake, data)
            if judge(fit.sound).fault is None]
    told = (good + _ranked(bare, keyset) or found)[:TOLD]
    tried = len(envelope.MISTAKES) + len(MISTAKES)
    reason = Reason("length" if data[:1] != b"\x02" else "frame", f"{_upper(trouble)}.",
                    tuple(told), tuple(_evidence(fit, keyset) for fit in told), tried)
    if told:
        return told[0].sound, reason
    inside = next((data[at:] for at in (2, 3, 4) if data[at:at + 1] == b"\x60"), None)
    if inside is None:
        return None, reason
    if data[:1] == b"\x02":
        inside = inside[:-2]
    extra = ("the packet behind it reads to its last byte, so the count is wrong and nothing is cut"
             if head.decodes(inside) else "what follows is no sound packet either")
    return inside, reason._replace(trouble=f"{_upper(trouble)}; {extra}.")


def _packet(packet, verdict, keyset):
    """The Reason why a packet is refused or makes little sense; None if nothing better is known of
    one that the codec takes."""
    found = [fit for mistake in MISTAKES for fit in fits(mistake, packet)
             if head.decodes(fit.sound)]
    if verdict.fault is None:
        was_right = _mac_right(packet, keyset)
        found = [fit for fit in found if judge(fit.sound).trouble == (False, 0)
                 or not was_right and _mac_right(fit.sound, keyset)]
        if not found:
            return None
        trouble, field = "It can be read, but makes no sense as it stands.", found[0].place[1:]
    else:
        fault = verdict.fault
        trouble, field = f"{fault}.", fault.field
        found += _ends(packet, fault) + _counts(packet, fault)
    told = _ranked(found, keyset)[:TOLD]
    return Reason(field, trouble, tuple(told), tuple(_evidence(fit, keyset) for fit in told),
                  len(MISTAKES) + 3)


def _ends(packet, fault):
    """Bytes that are missing or too many at the end."""
    if fault.field == "trailing":
        count = len(packet) - fault.at
        return [Fit("trailing", "", f"{count} bytes too many stand behind the last field.",
                    "Nothing follows on the last field that the bitmap shows.",
                    packet[:fault.at])]
    if fault.at == len(packet):
        label = f"F{fault.field}" if fault.field.isdigit() else fault.field
        return [Fit("cut", label, f"The packet ends within {label}: it was cut, or the bitmap "
                    "shows fields that were not sent.", "Send all bytes; compare what was sent "
                    "with what came.", b"")]
    return []


def _counts(packet, fault):
    """Other counts of the field at fault that let everything behind it be read."""
    number = int(fault.field) if fault.field.isdigit() else 0
    form, at = fields.FORMS.get(number), fields.start_of(packet, number)
    if form is None or at is None or not form.prefix or at + form.prefix > len(packet):
        return []
    found, end = [], at + form.prefix
    for count in range(form.limit + 1):
        right = bytes.fromhex(f"{count:0{2 * form.prefix}}")
        made = packet[:at] + right + packet[end:]
        if head.decodes(made):
            found.append(Fit("field-length-wrong", f"F{number}", f"The length of F{number} is "
                             f"{packet[at:end].hex().upper()}; with {right.hex()} everything "
                             "behind it can be read.", fields.COUNT, made))
    return found


def _ranked(found, keyset):
    """Fits in the order of likelihood, one for each mistake: the MAC says most, then whether the
    message makes sense; among equals the order of the tables."""
    best = {}
    for order, fit in enumerate(found):
        order += len(found) * (fit.name in fields.GUESSES)  # these fit more than they explain
        rank = (*judge(fit.sound).trouble, order)
        if fit.name == "cut":  # nobody knows what would have followed
            rank = (False, UNKNOWN, order)
        rank = (not _mac_right(fit.sound, keyset), *rank)
        if fit.name not in best or rank < best[fit.name][0]:
            best[fit.name] = rank, fit
    return [fit for _, fit in sorted(best.values(), key=lambda pair: pair[0])]


def _mac_right(packet, keyset):
    if keyset is None or not keyset.for_mac() or not head.decodes(packet):
        return False
    if MAC_FIELD not in codec.decode(packet).fields:
        return False
    return macs.is_right(packet, keyset.algorithm, keyset.keys["MAK"], Ciphers())


def _evidence(fit, keyset):
    """What speaks for a Fit, in words."""
    if fit.name == "cut":
        return "everything up to the end can be read"
    verdict = judge(fit.sound)
    if verdict.fault is not None:
        return f"the bytes agree; what is inside has a fault of its own: {verdict.fault}"
    kind = f" as {title(codec.decode(fit.sound))}" if verdict.kind else ""
    words = f"mended, it reads to its last byte{kind}"
    if _mac_right(fit.sound, keyset):
        words += ", with a right MAC"
    if verdict.lacks:
        words += f", though without {_names(verdict.lacks)}"
    return words


def _meant_so(packet, keyset):
    """A note if a packet that is refused has a right MAC: its sender meant these very bytes."""
    mak = keyset.for_mac() if keyset else {}
    if mak and len(packet) > FIELDS_AT + 8 and macs.is_right(
            packet, keyset.algorithm, mak["MAK"], Ciphers()):
        return ["The last 8 bytes are the right MAC of the bytes as they came: the line changed "
                "nothing, the sender wrote them so."]
    return []


def _lacking(message, verdict):
    """The Reason for fields that such a message must, or must not, carry; None if all is well."""
    told = [Fit(name, f"F{numbers[0]}", f"{_names(numbers)} {was}.", cure, b"")
            for name, numbers, was, cure in (
                ("field-missing", verdict.lacks, "was not sent",
                 "Send what the table of messages lists as mandatory, and set its bit."),
                ("field-not-allowed", verdict.extra, "was sent",
                 "Leave out what the table of messages does not list.")) if numbers]
    if not told:
        return None
    return Reason(told[0].place[1:], f"A {title(message)} carries other fields than it must.",
                  tuple(told), tuple("the packet itself is sound" for _ in told), 2)


def _names(numbers):
    return ", ".join(f"F{n} {tables.FIELDS[n][0]}" for n in numbers)


def _upper(text):
    return text[:1].upper() + text[1:]


def _keys(packet, message, keyset, spoilt):
    """(Reasons, notes) on the MAC, on keys that the message brings, and on a PIN block."""
    if keyset is None:
        return [], ["F64 is there but was not checked: no key was given."] \
            if MAC_FIELD in message.fields else []
    reasons = keychecks.reasons(message, keyset)
    if MAC_FIELD not in message.fields:
        return reasons, []
    keys = keyset.for_mac()
    if not keys:
        return reasons, [f"F64 is there but was not checked: {keyset.source} has no MAK for "
                         f"{keyset.algorithm}."]
    try:
        found, tried = macs.search(packet, keyset.algorithm, keys)
    except LocalMisuse as misuse:
        return reasons, [f"F64 was not checked: {misuse.reason}."]
    if found is not None and not found.turns:
        return reasons, [f"The MAC is right ({keyset.algorithm}, bytes {MTI_AT} to "
                         f"{len(packet) - 9})."]
    if found is None and spoilt:
        return reasons, ["F64 fits neither the bytes as they came nor as they were mended."]
    trouble = f"F64 at byte {len(packet) - 8} is not the MAC by {keyset.algorithm} under the MAK."
    if found is None:
        told, evidence = [], []
        at = macs.flipped_bit(packet, keyset.algorithm, keys["MAK"])
        if at:
            where = f"byte {at[0]}" if len(at) == 1 else (
                f"one of the bytes {', '.join(map(str, at))}")
            told = [Fit("bit-flipped", "", f"One bit of {where} was flipped on the way.",
                        "Send it again; the line is disturbed.", b"")]
            evidence = ["with this one bit turned back the MAC is right"]
    else:
        told = [Fit("+".join(turn.name for turn in found.turns), "F64", found.words,
                    "The MAC covers MTI to the field before F64, padded with zeros, by "
                    f"{keyset.algorithm} under the whole MAK.", b"")]
        evidence = ["computed so, all 8 bytes agree"]
    return [*reasons, Reason("64", trouble, tuple(told), tuple(evidence), tried)], []

"""What was told, as data for JSON."""
from host_sim.show import mask
from host_sim.show.explain import explain, shown_bytes
from host_sim.show.mask import field_texts


def as_data(told, reveal=False):
    """A dict of a Told: what is secret stands as `*`, in `fields` and in `hex` alike."""
    data = {"number": told.number, "at_us": told.at_us, "channel": told.channel,
            "kind": told.kind, "words": told.words}
    if told.way:
        data["way"] = told.way
    if told.wrong:
        data["wrong"] = [{"what": code, "words": words} for code, words in told.wrong]
    if told.about is not None:
        data["about"] = told.about
    if told.kind == "message":
        data |= _message(told, reveal)
    if told.kind == "screen":
        data["rows"] = list(told.rows)
    if told.kind == "paper":
        data["rows"] = [line.text for line in told.rows]
    return data


def _message(told, reveal):
    message = told.message
    reveal = reveal and not told.masked
    if message is None:
        return {"hex": told.packet.hex().upper() if reveal else None}
    fields, packet = (field_texts(message), told.packet.hex().upper()) if reveal else \
        _hidden(message, told.packet)
    return {"mti": message.mti, "mac": told.mac, "repeat": told.repeat,
            "fields": {str(number): value for number, value in fields.items()},
            "hex": packet}


def _hidden(message, packet):
    """({number: text}, upper-case hex) of a Message and its packet; what is secret as `*`."""
    parts = explain(packet)
    shown = shown_bytes(packet, parts)
    texts = mask.without_tracks(mask.masked(field_texts(message)))
    for part in parts:
        if part.name.startswith("F62 "):
            texts[62] = "".join(shown[part.at + 2:part.at + part.size])
    return texts, "".join(shown)

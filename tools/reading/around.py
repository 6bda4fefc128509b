"""What was done around a terminal, in words: a key script's statement as a sentence.

The statement itself stays beside it, for whoever writes the script. One that has no row here is
told as it stands.
"""
import re

_LINE, _HOST = "the line: ", "the host: "
WORDS = {re.compile(form): words for form, words in {
    r"power on": "the power is switched on",
    r"power off": "the power goes",
    r"power cycle": "the power goes and comes back",
    r"wire cut": "the network cable is pulled out",
    r"wire mend": "the network cable is plugged in again",
    r"wire noise (\d+)": _LINE + "{} bytes of noise each way",
    r"wire damage 0": _LINE + "no more bytes are spoilt",
    r"wire damage (\d+)": _LINE + "a bit turns in {} of 10,000 bytes",
    r"paper out": "the paper runs out",
    r"paper in": "a new roll of paper is put in",
    r"printer well": "the printer is well again",
    r"printer open": "the printer's cover is opened",
    r"printer cutter": "the printer's cutter jams",
    r"printer hot": "the printer gets too hot",
    r"printer broken": "the printer breaks",
    r"printer unplugged": "the printer is unplugged",
    r"clock (forward|back) (\S+)": "the terminal's clock is moved {} by {}",
    r"host silent (\S+) (\d+)": _HOST + "{} is not heard, times {}",
    r"host mute (\S+) (\d+)": _HOST + "{} is done and its reply lost, times {}",
    r"host bad-mac (\S+) (\d+)": _HOST + "{} is answered with a wrong MAC, times {}",
    r"host ask-sign-on (\S+) (\d+)": _HOST + "{} is answered: sign on again, times {}",
    r"host crash before (\S+)": _HOST + "{} crashes it, nothing is booked",
    r"host crash after (\S+)": _HOST + "{} crashes it, booked and not answered",
    r"host refuse (\S+) (\S+) (\d+)": _HOST + "code {} refuses {}, times {}",
    r"host delay (\S+) (\S+)": _HOST + "late by {}: the reply to {}",
    r"host wrong-kcv": _HOST + "the next keys come with a wrong check value",
    r"host miscount": _HOST + "the next settlement has other totals",
    r"host without (.+)": _HOST + "{} is taken back",
}.items()}


def told(statement):
    """"the network cable is pulled out (wire cut)"."""
    for form, words in WORDS.items():
        found = form.fullmatch(statement)
        if found:
            return f"{words.format(*found.groups())} ({statement})"
    return statement

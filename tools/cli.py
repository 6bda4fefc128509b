"""The `tuidan` command: a table of subcommands, each loaded only when it is called.
Exit codes: 0 good, 1 a finding (mismatch, violation, malformed input), 2 wrong usage,
which is one line on standard error.
"""

import argparse
import importlib
import os
import sys
from io import TextIOWrapper

# name: (help, module, function that adds its arguments, function that runs it)
COMMANDS = {
    "demo": ("one refund from key press to voucher, told screen by screen and byte by byte",
             "tools.demo", "configure", "run"),
    "run": ("terminals, line and acquirer in the browser, until Ctrl-C",
            "tools.face", "configure", "run"),
    "press": ("play key scripts in virtual time",
              "tools.press", "configure", "run"),
    "capture": ("what passes between a terminal and a host, into a file that Wireshark opens",
                "tools.capture.command", "configure", "run"),
    "twin": ("the same key scripts on CPython and on MicroPython, compared byte by byte",
             "tools.twin", "configure", "run"),
    "campaign": ("a refund through every place where something can go wrong",
                 "tools.campaign.command", "configure", "run"),
    "soak": ("very many terminals at one acquirer, in virtual time or over TCP",
             "tools.soak.command", "configure", "run"),
    "footprint": ("memory that the firmware takes, measured on MicroPython",
                  "tools.footprint", "configure", "run"),
    "bench": ("codecs, MACs, whole refunds and captures, as ratios",
              "tools.bench", "configure", "run"),
    "terminal": ("terminals, line and acquirer in this window; or a terminal at a port",
                 "tools.terminal", "configure", "run"),
    "acquirer": ("the acquirer of a scenario, at serial ports and over TCP, until Ctrl-C",
                 "tools.acquirer", "configure", "run"),
    "contact-sheet": ("every screen that the key scripts come by, in both languages",
                      "tools.contact_sheet", "configure", "run"),
    "log": ("the diagnostic log of a board or of a flash image",
            "tools.log", "configure", "run"),
    "merchant": ("a merchant's account: balance, top-up, statement",
                 "tools.merchant", "configure", "run"),
    "office": ("the back office's first administrator",
               "tools.office", "configure", "run"),
    "ledger": ("the version of a ledger's tables: tell it, bring an older one up",
               "tools.ledger_version", "configure", "run"),
    "audit": ("verify the back office's hash-chained audit",
              "tools.audit", "configure", "run"),
    "integrator": ("API keys and webhooks of merchants' own programs",
                   "tools.integrator", "configure", "run"),
    "keys": ("keys: components, check values, key blocks; injected, exported, shown, wiped",
             "tools.keys.command", "configure", "run"),
    "flash": ("the firmware onto a board, verified, with a way back",
              "tools.flash", "configure", "run"),
    "replay": ("a capture again, to the terminal or the acquirer: what differs, by field",
               "tools.replay.command", "configure", "run"),
    "show": ("a capture told in plain words, or as a page for a browser",
             "tools.reading.show", "configure", "run"),
    "diff": ("two captures compared message by message, field by field",
             "tools.reading.diff", "configure", "run"),
    "record-test": ("a capture as a regression test that pytest runs",
                    "tools.replay.record_test", "configure", "run"),
    "decode": ("read packets: hex in, fields out",
               "tools.packets", "configure_decode", "decode"),
    "encode": ("write packets: what decode --json gives in, hex out",
               "tools.packets", "configure_encode", "encode"),
    "export": ("a capture for Wireshark's own dissector, or as lines of hex; the Lua dissector",
               "tools.wireshark.command", "configure", "run"),
    "explain": ("why a packet is refused, or two that should match do not",
                "tools.mismatch.command", "configure", "run"),
}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message):
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(argv=None):
    """Run one subcommand; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # what the locale cannot show is escaped
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _run(sys.argv[1:] if argv is None else list(argv))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except BrokenPipeError:  # the reader of our output has had enough
        _drop_output()
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:  # a full disk, no pseudo-terminal to be had
        _drop_output()
        print(f"tuidan: {error.strerror or error}"
              f"{f': {error.filename}' if error.filename else ''}", file=sys.stderr)
        return 2


def _run(words):
    parser = Parser(prog="tuidan", formatter_class=argparse.RawDescriptionHelpFormatter,
                    description=_overview(), usage="tuidan COMMAND ...")
    parser.add_argument("command", help=argparse.SUPPRESS)
    name = parser.parse_args(words[:1]).command
    if name not in COMMANDS:
        parser.error(f"no command {name!r}; there are {', '.join(COMMANDS)}")
    help_, module_name, configure, run = COMMANDS[name]
    module = importlib.import_module(module_name)
    parser = Parser(prog=f"tuidan {name}", description=help_[0].upper() + help_[1:] + ".",
                    formatter_class=argparse.RawDescriptionHelpFormatter)
    getattr(module, configure)(parser)
    return getattr(module, run)(parser.parse_args(words[1:]))


def _overview():
    wide = max(map(len, COMMANDS))
    lines = [f"  {name:{wide}}  {row[0]}" for name, row in COMMANDS.items()]
    return "\n".join(["Refund terminal, its simulator and tools.", "", "commands:", *lines, "",
                      "tuidan COMMAND --help tells more of one."])


def _drop_output():
    """Let what is still to be written go nowhere, so that leaving cannot fail over it."""
    if sys.stdout is not None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())

"""The README's tables of sample orders and test amounts say what the code does."""

import re
from pathlib import Path

from host_sim.acquirer import rules, samples
from protocol.reference.tables import CODES

README = (Path(samples.__file__).parent / "README.md").read_text(encoding="utf-8")


def test_sample_orders_are_told_with_their_terminal_and_amount():
    rows = re.findall(r"^\| (\d{8}) \| [^|]+ \| (\d{8}) \| (\w+)[^|]* \| ([\d.]+) \|", README, re.M)
    orders = [
        (row[0], row[2], "card" if row[3].isdigit() else "QR", f"{row[4] / 100:.2f}")
        for row in samples.ORDERS
    ]
    assert rows == orders


def test_test_amounts_are_told_with_what_becomes_of_them():
    table = README.split("## Test amounts")[1].split("## Faults")[0]
    stored, held, passing = (
        re.findall(r"\.(\d\d)", line) for line in table.splitlines() if line.startswith("| .")
    )
    numbered = sorted(code for code in CODES if code.isdigit() and code != "00")
    assert held == ["09"]
    assert stored == [code for code in numbered if rules.is_stored(code) and code != "09"]
    assert passing == [code for code in numbered if not rules.is_stored(code)]

"""Every shipped capture is replayed as far as it goes, or says in one line why not."""
from pathlib import Path

import pytest

from tools.cli import main
from tools.replay.command import replay_file
from tools.replay.rules import SHIPPED

SAMPLES = sorted((Path(__file__).parents[2] / "captures").glob("*.pcapng"))
NONE = {"empty": "the file is empty", "no_pcapng": "no pcapng file",
        "old_pcap": "older pcap format"}
ELSEWHERE = {"live_damaged": "it was masked whole", "live_masked": "F35, track 2 and F52",
             "other_program": "no request in it"}
NOTHING = ("live_damaged", "other_program")     # is left of them to compare
CUT = ("cut", "garbled")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_has_no_difference_or_says_why_it_is_left_out(path, tmp_path, capsys):
    xml = tmp_path / "result.xml"
    code = main(["replay", str(path), "--junit", str(xml)])
    out, err = capsys.readouterr()
    if path.stem in NONE:
        assert code == 2 and NONE[path.stem] in err and err.count("\n") == 1
        return
    if path.stem in NOTHING:
        assert code == 2 and "nothing to compare" in out and "no differences" not in out
        assert 'errors="1"' in xml.read_text()
    else:
        assert "no differences" in out and code == (path.stem in CUT)
    if path.stem in ELSEWHERE:
        assert "by rules" in out and ELSEWHERE[path.stem] in out
    else:
        assert "exactly" in out
    assert ("up to its fault" in out) == (path.stem in CUT)


RUNS = [path for path in SAMPLES if path.stem not in {*NONE, *ELSEWHERE}]


@pytest.mark.parametrize("path", RUNS, ids=lambda path: path.stem)
def test_sample_of_a_run_goes_by_rules_too(path):
    result = replay_file(path, "terminal", rules=SHIPPED)
    assert result.differences == [] and (result.packets or result.left_out)

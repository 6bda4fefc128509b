"""`tuidan show --html`: one page that needs nothing but itself."""
import json
import re
from html.parser import HTMLParser

import pytest

from protocol import tlv
from tests.tools.reading.made import Wire, played, refund, reply
from tools.cli import main
from tools.reading import page


class Page(HTMLParser):
    """A page's elements: (name, {attribute: value}), the text of scripts, faults of nesting."""

    VOID = ("meta", "img", "input", "br", "link")

    def __init__(self, text):
        super().__init__()
        self.elements, self.texts, self._open = [], {}, []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, data):
        key = self._open[-1] if self._open else ""
        if key in ("script", "style", "title"):
            self.texts.setdefault(key, []).append(data)

    def named(self, tag, **wanted):
        return [attrs for name, attrs in self.elements if name == tag
                and all(attrs.get(key) == value for key, value in wanted.items())]


@pytest.fixture
def paged(tmp_path, capsys):
    """paged(data, *options) -> Page."""
    def run(data, *options):
        (tmp_path / "line.pcapng").write_bytes(data)
        out = tmp_path / "line.html"
        assert main(["show", "--html", str(out), *options, str(tmp_path / "line.pcapng")]) == 0
        assert capsys.readouterr() == ("", "")
        return Page(out.read_text(encoding="utf-8"))
    return run


def test_it_asks_nobody_for_anything(paged):
    made = paged(played("no_reply"))
    policy, = [attrs["content"] for attrs in made.named("meta") if "http-equiv" in attrs]
    assert policy.startswith("default-src 'none'")
    assert not made.named("link") and all("src" not in attrs for attrs in made.named("script"))
    assert all(attrs["src"].startswith("data:image/png;base64,") for attrs in made.named("img"))
    assert not [name for _, attrs in made.elements for name in attrs if name.startswith("on")]
    text = " ".join(part for parts in made.texts.values() for part in parts)
    assert not re.search(r"https?://|@import|url\(", text)


def test_messages_have_their_fields_and_bytes(paged):
    made = paged(played("no_reply"))
    held = json.loads(made.texts["script"][0])
    rows = [attrs for attrs in made.named("li") if attrs["data-n"] in held]
    assert len(rows) == 7 == len(held)
    for one in held.values():
        assert len(one["hex"]) == 2 * one["size"]
        outer = [part for part in one["parts"] if not part[4]]
        assert outer[0][0] == 0 and outer[-1][0] + outer[-1][1] == one["size"]
        assert all(size for _, size, *_ in one["parts"])
    refunds = [one for one in held.values() if any("refund request" in part[3]
                                                   for part in one["parts"])]
    assert any("520.00 yuan" == part[3] for part in refunds[0]["parts"])


def test_screens_and_paper_are_in_line_with_their_words(paged):
    made = paged(played("no_reply"))
    words = [attrs["alt"] for attrs in made.named("img")]
    assert any("退款成功" in one for one in words) and any("签购单" in one for one in words)
    kinds = [attrs["data-c"] for attrs in made.named("li")]
    assert {"wire", "keypad", "screen", "paper", "bench", "ack"} == set(kinds)


def test_what_looks_wrong_is_marked_where_it_is_and_where_it_began(paged):
    made = paged(played("no_reply"))
    wrong = [attrs["data-words"] for attrs in made.named("li") if "wrong" in attrs["class"]]
    assert [one.partition(",")[0] for one in wrong] == ["refund request", "refund repeat request"]
    assert not [attrs for attrs in paged(played("refund_full")).named("li")
                if "wrong" in attrs["class"]]


def test_every_link_leads_to_something(paged):
    made = paged(played("no_reply_long"))
    places = {attrs["id"] for _, attrs in made.elements if "id" in attrs}
    links = [attrs["href"] for attrs in made.named("a")]
    assert links and all(link[1:] in places for link in links)
    assert len(places) == len([1 for _, attrs in made.elements if "id" in attrs])


def test_text_of_the_line_cannot_leave_its_place(paged):
    line = Wire({"script": "<script>alert(1)</script>", "terminal": "{{data}}"})
    line.say("out", refund())
    line.say("in", reply(f62=tlv.pack([("DF02", "</script><b onclick=x>&amp;\u2028")])))
    line.put(None, b"host <img src=x onerror=alert(1)>", channel="bench")
    made = paged(line.data)
    assert len(made.named("script")) == 2
    assert not [attrs for _, attrs in made.elements if "onclick" in attrs or "onerror" in attrs]
    assert json.loads(made.texts["script"][0])


def test_a_long_capture_is_cut_and_says_so(paged, monkeypatch, tmp_path):
    monkeypatch.setattr(page, "LIMIT", 20)
    made = paged(played("refund_full"))
    assert len(made.named("li")) == 20
    assert "more things are in the capture" in (tmp_path / "line.html").read_text(encoding="utf-8")
    places = {attrs["id"] for _, attrs in made.elements if "id" in attrs}
    assert all(attrs["href"][1:] in places for attrs in made.named("a"))


def test_a_capture_without_anything_is_a_page_too(paged):
    assert paged(Wire(keys=False).data).named("ol", id="rows")


def test_a_page_that_cannot_be_written_is_told(tmp_path, capsys):
    (tmp_path / "x.pcapng").write_bytes(Wire().data)
    words = ["show", "--html", str(tmp_path / "no" / "x.html"), str(tmp_path / "x.pcapng")]
    assert main(words) == 2
    assert capsys.readouterr().err.count("\n") == 1

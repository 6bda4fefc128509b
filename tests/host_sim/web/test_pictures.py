"""The page looks as it is kept in pictures."""
import pytest
from PIL import Image

from tests.host_sim.web import shots


@pytest.mark.parametrize("size", shots.SIZES)
def test_page_looks_as_kept(chromium, server, size):
    hand = shots.approved(chromium, server, size)
    screen, layout = shots.lcd(hand), shots.layout(hand)
    hand.page.context.close()
    assert shots.apart(screen, Image.open(shots.KEPT / "lcd.png").convert("RGB")) == 0
    assert shots.apart(layout, Image.open(shots.KEPT / f"{size}.png")) <= shots.MOST_APART


def test_another_layout_is_told_from_the_kept_one(chromium, server):
    hand = shots.approved(chromium, server, "desk")
    hand.page.evaluate(
        "document.querySelector('.device').hidden = true")
    layout = shots.layout(hand)
    hand.page.context.close()
    assert shots.apart(layout, Image.open(shots.KEPT / "desk.png")) > shots.MOST_APART

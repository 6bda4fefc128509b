"""Draws docs/refund.png, the picture of a run at the top of README.md.

`python -m tools.readme_picture` plays one refund in virtual time and lays its screens beside the
voucher; nothing in the picture is drawn by hand.
"""

from pathlib import Path

from PIL import Image

from host_sim.play.shop import open_shop
from host_sim.show.pictures import contact_sheet, draw_paper
from tools.demo import ORDER, Operator

TARGET = Path("docs/refund.png")
AMOUNT_FEN = 12_345
COLUMNS = 3
GROUND = (255, 255, 255)


def turning_points(screens):
    """The screens that stood before the next question: what was typed, not each key of it."""
    last = [one for one, after in zip(screens, screens[1:], strict=False) if _moved(one, after)]
    return [screen.pixels for screen in [*last, screens[-1]]]


def _moved(one, after):
    return one.rows[0] != after.rows[0] or one.rows[1] != after.rows[1]


def draw() -> Image.Image:
    shop = open_shop(language="zh")
    world = shop.world
    Operator(world, "zh", ORDER, AMOUNT_FEN, lambda: None).play()
    screens = contact_sheet(
        turning_points([event.value for event in world.trace if event.kind == "screen"]), COLUMNS
    )
    printer = world.device.printer
    paper = draw_paper(printer.lines[: printer.cuts[0]])
    paper = paper.resize((paper.width * screens.height // paper.height, screens.height))
    image = Image.new("RGB", (screens.width + paper.width, screens.height), GROUND)
    image.paste(screens, (0, 0))
    image.paste(paper, (screens.width, 0))
    return image.resize((image.width // 2, image.height // 2))


if __name__ == "__main__":
    TARGET.parent.mkdir(exist_ok=True)
    draw().save(TARGET)
    print(f"wrote {TARGET}")

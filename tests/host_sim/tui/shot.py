"""Draws the picture of the text terminal in the README: `python -m tests.host_sim.tui.shot`."""
import asyncio
import io
import re
import sys

from PIL import Image

from tests.host_sim.tui.hand import LOG_IN, REFUND, standing
from tools.browser import ROOT, chromium

PICTURE = ROOT / "docs" / "terminal.png"
SIZE = 220, 54      # here the glass is drawn in blocks
WIDE = 1440
COLOURS = 48


async def drawn():
    """The window as SVG, a refund approved just now."""
    async with standing(size=SIZE) as hand:
        await hand.pilot.press("v", "v")    # read as dots, drawn as blocks
        await hand.plays((*LOG_IN, *REFUND, ("Signature", "enter"), ("Vouchers", "")))
        await hand.sees("CUSTOMER COPY", lambda: "\n".join(
            line.text for line in hand.part("paper").lines))
        hand.counter.drawing = "blocks"
        hand.counter.changed.set()
        await hand.pilot.pause(1)
        return hand.app.export_screenshot(title="tuidan terminal")


def main():
    svg = re.sub(r"@font-face \{.*?\}", "", asyncio.run(drawn()), flags=re.DOTALL)
    svg = svg.replace("Fira Code", "DejaVu Sans Mono")
    with chromium() as browser:
        page = browser.new_page(viewport={"width": WIDE, "height": WIDE})
        page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block }}</style>{svg}")
        picture = page.locator("svg").first.screenshot()
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(PICTURE, optimize=True)
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size} bytes, {image.size}")


if __name__ == "__main__":
    sys.exit(main())

"""Draws what the operator sees and what the customer is handed: LCD and receipt as pictures.

Drawn from pixels and printed lines alone, so a picture shows what was really sent to the
parts. The same input gives the same picture.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from PIL import Image, ImageDraw

from host_sim.bench.printer import COLUMNS, Line
from host_sim.bench.qr import modules
from host_sim.bench.reader import GLYPH_FILE, RECORD

# The LCD: dark blue dots on the yellow-green of a reflective module, a thin seam between dots.
LCD_WIDTH, LCD_HEIGHT = 128, 64
LCD_SCALE = 3
LCD_GLASS, LCD_BEZEL = "#b4c88a", "#2a2d2f"
LCD_DOT = "#adc183", "#18263a"  # unlit, lit
LCD_SEAM = "#b1c587", "#37475a"
LCD_MARGIN, LCD_FRAME = 12, 10

SHEET_COLUMNS = 3
SHEET_GAP = 12
SHEET_GROUND = "#f4f4f2"

# The paper: 58 mm wide, of which 48 mm or 384 dots print; 30 dots a line; a dot is a pixel.
PAPER_DOTS = 384
PAPER_MARGIN = 40
COLUMN_DOTS = PAPER_DOTS // COLUMNS
GLYPH_DOTS = 24
LINE_DOTS = 30
TOOTH = 6  # of the edge that the knife leaves
PAPER, INK, GROUND = "#fdfcf8", "#2b2930", "#d8d6d0"
SMOOTH = 6  # a glyph is drawn so much larger, rounded, and brought down to dots again


def draw_screen(pixels: bytes) -> Image.Image:
    """The LCD, three picture pixels a dot, in its bezel.

    pixels: 1024 bytes, 8 pages of 128 columns, bit 0 on top (as the controller holds them).
    """
    if len(pixels) != LCD_WIDTH * LCD_HEIGHT // 8:
        raise ValueError(f"{len(pixels)} bytes of pixels, not {LCD_WIDTH * LCD_HEIGHT // 8}")
    dots = Image.new("1", (LCD_WIDTH, LCD_HEIGHT))
    dots.putdata(
        [
            pixels[y // 8 * LCD_WIDTH + x] >> y % 8 & 1
            for y in range(LCD_HEIGHT)
            for x in range(LCD_WIDTH)
        ]
    )
    size = LCD_WIDTH * LCD_SCALE, LCD_HEIGHT * LCD_SCALE
    lit = dots.resize(size, Image.Resampling.NEAREST)
    panel, seams = (
        Image.composite(Image.new("RGB", size, on), Image.new("RGB", size, off), lit)
        for off, on in (LCD_DOT, LCD_SEAM)
    )
    panel.paste(seams, mask=_seams())
    inner = LCD_MARGIN + LCD_FRAME
    image = Image.new("RGB", (size[0] + 2 * inner, size[1] + 2 * inner), LCD_BEZEL)
    glass = (LCD_FRAME, LCD_FRAME, image.width - LCD_FRAME - 1, image.height - LCD_FRAME - 1)
    ImageDraw.Draw(image).rounded_rectangle(glass, radius=4, fill=LCD_GLASS)
    image.paste(panel, (inner, inner))
    return image


@cache
def _seams() -> Image.Image:
    """The last row and column of each dot's square."""
    width, height = LCD_WIDTH * LCD_SCALE, LCD_HEIGHT * LCD_SCALE
    mask = Image.new("1", (width, height))
    draw = ImageDraw.Draw(mask)
    for x in range(LCD_SCALE - 1, width, LCD_SCALE):
        draw.line((x, 0, x, height), fill=1)
    for y in range(LCD_SCALE - 1, height, LCD_SCALE):
        draw.line((0, y, width, y), fill=1)
    return mask


def contact_sheet(screens: Sequence[bytes], columns: int = SHEET_COLUMNS) -> Image.Image:
    """Screens in the order of a run, left to right and down, as one picture."""
    pictures = [draw_screen(pixels) for pixels in screens]
    if not pictures:
        raise ValueError("no screens to draw")
    width, height = pictures[0].size
    columns = min(columns, len(pictures))
    rows = -(-len(pictures) // columns)
    size = (
        columns * (width + SHEET_GAP) + SHEET_GAP,
        rows * (height + SHEET_GAP) + SHEET_GAP,
    )
    sheet = Image.new("RGB", size, SHEET_GROUND)
    for index, picture in enumerate(pictures):
        row, column = divmod(index, columns)
        sheet.paste(
            picture,
            (SHEET_GAP + column * (width + SHEET_GAP), SHEET_GAP + row * (height + SHEET_GAP)),
        )
    return sheet


def draw_paper(lines: Sequence[Line], cuts: Iterable[int] = ()) -> Image.Image:
    """The receipt: 384 dots of print between its margins, in slips where it was cut.

    cuts: how many lines are above each cut, as PaperPrinter counts them.
    """
    edges = sorted({0, *cuts, len(lines)})
    slips = [_draw_slip(lines[top:bottom]) for top, bottom in pairwise(edges)]
    width = PAPER_DOTS + 4 * PAPER_MARGIN
    image = Image.new("RGB", (width, sum(slip.height for slip in slips) + PAPER_MARGIN), GROUND)
    top = PAPER_MARGIN // 2
    for slip in slips:
        image.paste(slip, (PAPER_MARGIN, top))
        top += slip.height
    return image


def _draw_slip(lines: Sequence[Line]) -> Image.Image:
    """One piece of paper between two cuts, with the knife's teeth at both ends."""
    width = PAPER_DOTS + 2 * PAPER_MARGIN
    height = sum(map(_height, lines)) + 2 * PAPER_MARGIN
    image = Image.new("RGB", (width, height), GROUND)
    teeth = range(0, width + TOOTH, TOOTH)
    outline = [(x, TOOTH * (x // TOOTH % 2)) for x in teeth]
    outline += [(x, height - 1 - TOOTH * (x // TOOTH % 2)) for x in reversed(teeth)]
    ImageDraw.Draw(image).polygon(outline, fill=PAPER)
    top = PAPER_MARGIN
    for line in lines:
        _draw_line(image, top, line)
        top += _height(line)
    return image


def _height(line: Line) -> int:
    if line.qr:
        return len(modules(line.text, line.level)) * line.qr + LINE_DOTS
    return LINE_DOTS * (2 if line.double else 1)


def draw_line(line: Line) -> Image.Image:
    """One printed line alone, 384 dots wide."""
    image = Image.new("RGB", (PAPER_DOTS, _height(line)), PAPER)
    _draw_line(image, 0, line, 0)
    return image


def _draw_line(image: Image.Image, top: int, line: Line, margin: int = PAPER_MARGIN) -> None:
    if line.qr:
        return _draw_code(image, top, line, margin)
    size = 2 if line.double else 1
    columns = [2 if _glyph(char)[0] else 1 for char in line.text]
    spare = PAPER_DOTS - sum(columns) * COLUMN_DOTS * size
    left = margin + {"left": 0, "centre": spare // 2, "right": spare}[line.align]
    for char, width in zip(line.text, columns, strict=True):
        ink = _ink(char, size)
        image.paste(INK, (left, top), ink)
        if line.bold:  # as the printer does it: once more, a dot to the right
            image.paste(INK, (left + 1, top), ink)
        left += width * COLUMN_DOTS * size


def _draw_code(image: Image.Image, top: int, line: Line, margin: int) -> None:
    """A QR code, half a line of white above and below it."""
    rows = modules(line.text, line.level)
    dots = Image.new("1", (len(rows), len(rows)))
    dots.putdata([module for row in rows for module in row])
    dots = dots.resize((len(rows) * line.qr,) * 2, Image.Resampling.NEAREST)
    spare = PAPER_DOTS - dots.width
    left = margin + {"left": 0, "centre": spare // 2, "right": spare}[line.align]
    image.paste(INK, (left, top + LINE_DOTS // 2), dots)


@cache
def _ink(char: str, size: int) -> Image.Image:
    """How dark each dot of the character is; Unifont's 16 rows become 24 or 48 dots."""
    wide, bitmap = _glyph(char)
    columns = 16 if wide else 8
    glyph = Image.new("L", (columns + 2, 18))  # a rim, so that smoothing has room
    for y in range(16):
        for x in range(columns):
            if bitmap[y // 8 * 16 + x] >> y % 8 & 1:
                glyph.putpixel((x + 1, y + 1), 255)
    large = glyph.resize((glyph.width * SMOOTH, glyph.height * SMOOTH), Image.Resampling.BICUBIC)
    large = large.point(lambda value: 255 if value > 110 else 0)
    large = large.crop((SMOOTH, SMOOTH, SMOOTH * (columns + 1), SMOOTH * 17))
    dots = GLYPH_DOTS * size
    return large.resize((dots * columns // 16, dots), Image.Resampling.BOX)


def _glyph(char: str) -> tuple[bool, bytes]:
    """Whether the character is wide, and its bitmap; a question mark if there is none."""
    glyphs = _glyphs()
    return glyphs.get(char) or glyphs["?"]


@cache
def _glyphs() -> dict[str, tuple[bool, bytes]]:
    return {
        chr(code): (gb > 0xFF, bitmap)
        for code, gb, bitmap in RECORD.iter_unpack(GLYPH_FILE.read_bytes())
    }

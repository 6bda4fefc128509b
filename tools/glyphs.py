"""Makes firmware/text/gb2312.bin, the bitmaps of screen and paper, from GNU Unifont.

The same unifont.hex must give the same bytes: the file is committed and a test remakes it.
Debian's package `unifont` installs the source as /usr/share/unifont/unifont.hex.
"""

import argparse
from pathlib import Path

from host_sim.bench.reader import GLYPH_FILE, RECORD

SOURCE = Path("/usr/share/unifont/unifont.hex")
TARGET = GLYPH_FILE

# Characters that texts use in their Unicode form; GB 2312 has one place for both forms.
SAME_PLACE = {"\u00a5": "\uffe5", "\u00b7": "\u30fb", "\u2014": "\u2015"}


def gb2312_table() -> dict[int, int]:
    """Code point -> GB 2312 double byte of all 7,445 characters, by Python's own codec."""
    table = {}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            code = bytes((row, cell))
            try:
                table[ord(code.decode("gb2312"))] = row << 8 | cell
            except UnicodeDecodeError:
                continue  # a place that GB 2312 leaves empty
    return table


def read_hex(path: Path) -> dict[int, bytes]:
    """Code point -> bitmap by rows: 16 bytes (8x16) or 32 bytes (16x16)."""
    glyphs = {}
    for line in path.read_text("ascii").splitlines():
        code, bitmap = line.split(":")
        glyphs[int(code, 16)] = bytes.fromhex(bitmap)
    return glyphs


def to_columns(rows: list[int]) -> bytes:
    """16 rows of 16 bits, leftmost pixel highest -> 16 upper and 16 lower column bytes.

    This is framebuf's MONO_VLSB: bit 0 of a column byte is its topmost pixel.
    """
    return bytes(
        sum((rows[8 * half + bit] >> (15 - x) & 1) << bit for bit in range(8))
        for half in (0, 1)
        for x in range(16)
    )


def bitmap_of(glyph: bytes, wide: bool) -> bytes:
    """A record's 32 bytes. Unifont draws some of GB 2312 8 pixels wide; these are centred."""
    if len(glyph) == 32:
        rows = [glyph[y] << 8 | glyph[y + 1] for y in range(0, 32, 2)]
    else:
        rows = [byte << (4 if wide else 8) for byte in glyph]
    return to_columns(rows)


def make(source: Path = SOURCE) -> bytes:
    """The whole glyph file: records of 36 bytes, sorted by code point."""
    glyphs = read_hex(source)
    codes = gb2312_table()
    codes.update({ord(char): codes[ord(twin)] for char, twin in SAME_PLACE.items()})
    codes.update({code: code for code in range(0x20, 0x7F)})
    return b"".join(
        RECORD.pack(code, gb, bitmap_of(glyphs[code], wide=gb > 0xFF))
        for code, gb in sorted(codes.items())
    )


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tuidan glyphs", description=__doc__.splitlines()[0])
    parser.add_argument("--source", type=Path, default=SOURCE, help="unifont.hex")
    parser.add_argument("--target", type=Path, default=TARGET, help="the file to write")
    options = parser.parse_args(arguments)
    data = make(options.source)
    options.target.write_bytes(data)
    print(f"{options.target}: {len(data) // RECORD.size} glyphs, {len(data)} bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

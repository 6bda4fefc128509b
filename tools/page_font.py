"""Makes the pages' font, host_sim/web/static/fonts: Noto Sans CJK SC cut down to what they say.

`python -m tools.page_font` needs Debian's fonts-noto-cjk, fonttools and python3-brotli. What a page
says beyond it, such as a customer's name, is shown in a font of the reader's machine.
"""
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = "/usr/share/fonts/opentype/noto/NotoSansCJK-{}.ttc"
SIMPLIFIED_CHINESE = "2"    # its number within the collection
TARGET = ROOT / "host_sim" / "web" / "static" / "fonts"
WEIGHTS = {"Regular": 400, "Bold": 700}
TEXTS = ("host_sim/**/*.py", "host_sim/**/*.html", "host_sim/**/*.js", "host_sim/**/*.toml",
         "firmware/text/*.txt")
ALWAYS = "".join(map(chr, range(0x20, 0x7F))) + "·×–—‘’“”…←→↑↓▲▼●○✓✗¥"
FACE = """@font-face {{ font-family: "Tuidan Sans"; font-weight: {weight}; font-display: block;
  src: url({name}) format("woff2");
  unicode-range: {ranges}; }}
"""


def characters():
    """All that the pages, the samples and the terminal say."""
    texts = [path.read_text("utf-8") for form in TEXTS for path in ROOT.glob(form)]
    return sorted({char for text in (ALWAYS, *texts) for char in text if char.isprintable()})


def ranges(chars):
    """Characters as CSS has them: "U+20-7E, U+B7"."""
    codes = sorted(map(ord, chars))
    starts = [codes[0], *(after for one, after in pairwise(codes) if after != one + 1)]
    ends = [*(one for one, after in pairwise(codes) if after != one + 1), codes[-1]]
    return ", ".join(f"U+{start:X}" + (f"-{end:X}" if end > start else "")
                     for start, end in zip(starts, ends, strict=True))


def main():
    chars = characters()
    faces = []
    for name, weight in WEIGHTS.items():
        file = f"tuidan-{name.lower()}.woff2"
        subprocess.run(["pyftsubset", SOURCE.format(name), f"--font-number={SIMPLIFIED_CHINESE}",
                        f"--unicodes={','.join(f'{ord(char):X}' for char in chars)}",
                        "--flavor=woff2", "--layout-features=kern,tnum", "--no-hinting",
                        "--desubroutinize", f"--output-file={TARGET / file}"], check=True)
        faces.append(FACE.format(name=file, weight=weight, ranges=ranges(chars)))
    (TARGET / "font.css").write_text("/* made by tools/page_font.py */\n" + "".join(faces))
    print(f"{len(chars)} characters")


if __name__ == "__main__":
    sys.exit(main())

"""Screen and paper as data for JSON, drawn here, so that the browser needs no font."""
import base64
import io
from functools import lru_cache

from host_sim.show.pictures import draw_line, draw_paper

SLIPS = 4


def screen(till):
    """{"pixels": base64 of 1024 bytes, "rows": [4 texts]}"""
    return {"pixels": base64.b64encode(till.world.device.pixels()).decode(),
            "rows": till.world.screen()}


def paper(till, since):
    """{"from": n, "lines": [{"text", "png": base64} or null for a cut], "slips": [numbers of the
    newest vouchers]}"""
    first, lines = till.lines.since(since)
    slips = till.slips.count
    return {"from": first, "slips": list(range(max(0, slips - SLIPS), slips)),
            "lines": [line and {"text": line.text, "png": _png(line)} for line in lines]}


@lru_cache(maxsize=256)
def _png(line):
    file = io.BytesIO()
    draw_line(line).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


def png(lines, cuts=()):
    """Printed lines as bytes of a PNG."""
    file = io.BytesIO()
    draw_paper(lines, cuts).save(file, "PNG")
    return file.getvalue()

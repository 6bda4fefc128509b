"""Takes the place of MicroPython's own _boot.py on a Pico, frozen by the manifest beside it.

The board's root file system ends where the terminal's data volume and key slot begin; MicroPython's
own takes the whole region, and formats it again when it finds less.
"""

# mypy: ignore-errors

import rp2
import vfs

_ROOT_BYTES = 1148 * 1024  # DATA_START of firmware/board/pico.py

root = rp2.Flash(start=0, len=_ROOT_BYTES)
try:
    fs = vfs.VfsLfs2(root, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(root, progsize=256)
    fs = vfs.VfsLfs2(root, progsize=256)
vfs.mount(fs, "/")

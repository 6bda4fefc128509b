"""Freezes the terminal into a MicroPython build: make BOARD=... FROZEN_MANIFEST=<this file>.

The words and the glyphs (firmware/text/*.txt, *.bin) are files all the same: a build freezes code
only. firmware/board/README.md says where they go.
"""

# ruff: noqa: F821 - package and metadata are words of MicroPython's build
import os

metadata(description="Tuidan: the firmware of a refund terminal")

package("firmware")
package("protocol", [name for name in os.listdir("protocol") if name.endswith(".py")])
package("protocol/dialect")
package("protocol/mac")  # protocol/reference stays on the host

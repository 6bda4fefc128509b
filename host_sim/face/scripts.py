"""A key script that somebody brings along, as text or in a saved run: read, and refused where it
would read other files of this machine."""
import re
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from host_sim.acquirer import scenario
from host_sim.play.script import ScriptError, read_script

IN_RUN = "script.txt"       # its name within a saved run
LONGEST = 256 * 1024        # bytes of a script
_OUTSIDE = re.compile(r'^\s*(?:include\b|scenario\s+(?P<name>.*?)\s*(?:#.*)?$)', re.MULTILINE)


def brought(data):
    """Bytes of a key script, or of a saved run that holds one -> Script. ValueError for what cannot
    be played here."""
    if data[:2] == b"PK":
        data = _out_of_run(data)
    if len(data) > LONGEST:
        raise ValueError("this is too long for a key script")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("this is no text, and no saved run") from None
    for found in _OUTSIDE.finditer(text):
        if found["name"] not in scenario.shipped():
            raise ValueError(f"{found[0].strip()!r}: only scenarios that come with the program can "
                             "be opened, and no other files")
    with TemporaryDirectory(prefix="tuidan-") as folder:
        path = Path(folder, IN_RUN)
        path.write_text(text, encoding="utf-8")
        try:
            return read_script(path)
        except ScriptError as error:
            raise ValueError(str(error).replace(f"{folder}/", "")) from None


def _out_of_run(data):
    try:
        with zipfile.ZipFile(BytesIO(data)) as run:
            if run.getinfo(IN_RUN).file_size > LONGEST:
                raise ValueError("this is too long for a key script")
            return run.read(IN_RUN)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError):
        raise ValueError(f"this is no saved run: it holds no {IN_RUN}") from None

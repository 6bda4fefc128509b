"""Key scripts to play: those of a folder of ours, and what somebody brings along, as text or in a
saved run, which is refused where it would read other files of this machine."""
import re
import zipfile
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from host_sim.acquirer import scenario
from host_sim.play.script import ScriptError, read_script

IN_RUN = "script.txt"       # its name within a saved run
LONGEST = 256 * 1024        # bytes of a script
MOST_BROUGHT = 8 << 20      # bytes of a saved run
_CAPTURE = b"\n\r\r\n"     # how a pcapng file begins
_OUTSIDE = re.compile(r'^\s*(?:include\b|scenario\s+(?P<name>.*?)\s*(?:#.*)?$)', re.MULTILINE)


def stories(folder):
    """{name: what it is about} of the key scripts in a folder; none without a folder."""
    told = {}
    for path in sorted(folder.glob("*.txt")) if folder else ():
        first = path.read_text(encoding="utf-8").partition("\n")[0]
        told[path.stem] = first.removeprefix("#").strip()
    return told


def story(folder, name):
    """Script of one of stories(folder). ValueError for another name."""
    if name not in stories(folder):
        raise ValueError(f"there is no story {name!r}")
    return read_script(folder / f"{name}.txt")


def brought(data):
    """Bytes of a key script, or of a saved run that holds one -> Script. ValueError for what cannot
    be played here."""
    if data[:2] == b"PK":
        data = _out_of_run(data)
    if data[:4] == _CAPTURE:
        raise ValueError("this is a capture: tuidan show and tuidan replay open it; here a key "
                         "script or a saved run can be played")
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


def brought_from(path):
    """brought() of a file that the person at this machine names. OSError, ValueError."""
    with open(path, "rb") as file:
        return brought(file.read(MOST_BROUGHT))


def _out_of_run(data):
    try:
        with zipfile.ZipFile(BytesIO(data)) as run:
            if run.getinfo(IN_RUN).file_size > LONGEST:
                raise ValueError("this is too long for a key script")
            return run.read(IN_RUN)
    except (zipfile.BadZipFile, KeyError, NotImplementedError, RuntimeError):
        raise ValueError(f"this is no saved run: it holds no {IN_RUN}") from None

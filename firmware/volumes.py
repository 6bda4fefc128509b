"""The two volumes under storage.py at boot: mounted, and what differs between them made alike.

Whatever a power cut or a worn block left, the newest valid copy of each file is on both afterwards.
"""

import binascii

import vfs
from micropython import const

from firmware import overlay
from firmware.storage import FOLDER, frame, get, make_folder, names, newest, opened, put

_PROGSIZE = const(256)  # the Pico's flash programs no less; the same everywhere, so images compare
_ARCHIVE = const("archive")  # the folder of logs, appended to; all else is written whole
_OLD = const("archive.old")  # as an earlier version had it, see upgrade.py
_ASIDE = const("archive.new")
_PIECE = const(256)


def mounted(parts, again=False):
    """(volumes, highest sequence, how many copies were mended) of two block devices. `again`: one
    of them has been made empty."""
    paths = set()
    volumes = [_mount(part, paths) for part in parts]
    sequence = mended = 0
    for folder in sorted({path.rpartition("/")[0] for path in paths if "/" in path} | {_ARCHIVE}):
        for at in range(len(volumes)):
            try:
                make_folder(volumes[at], folder)
            except OSError:
                if again:
                    raise
                # Its folder is gone and it is full, of what is not ours: the other has everything.
                vfs.VfsLfs2.mkfs(parts[at], progsize=_PROGSIZE)
                return mounted(parts, True)
    for path in sorted(paths):
        if path.startswith(_ARCHIVE + "/"):
            mended += _repair_log(volumes, path)
        else:
            told = _repair_file(volumes, path)
            sequence = max(sequence, told[0])
            mended += told[1]
    return volumes, sequence, mended


def _repair_file(volumes, path):
    """(sequence of the file, 0 where neither copy is valid; copies written anew)."""
    copies = [opened(get(volume, path)) for volume in volumes]
    best = newest(copies)
    if best is None:
        return 0, 0
    sequence, data = copies[best]
    if copies[1 - best] is None or copies[1 - best][0] != sequence:
        put(volumes[1 - best], path, "wb", frame(sequence, data))
        return sequence, 1
    return sequence, 0


def _repair_log(volumes, path):
    """How many copies were written anew."""
    mended = 0
    lengths = [_good_length(volume, path) for volume in volumes]
    sizes = [_size(volume, path) for volume in volumes]
    best = 0 if lengths[0] >= lengths[1] else 1
    for one in (best, 1 - best):
        if lengths[best] == 0:
            if sizes[one] >= 0:
                volumes[one].remove(path)
            continue
        # A torn tail would hide what is appended behind it, so the winner sheds its own too.
        if lengths[one] != lengths[best] or sizes[one] != lengths[best]:
            _copy(volumes[best], volumes[one], path, lengths[best])
            mended += 1
    return mended


def entries(volumes, path):
    """Yield the entries of a log, oldest first, from the copy with more good ones."""
    lengths = [_good_length(volume, path) for volume in volumes]
    for _, data in log(volumes[0 if lengths[0] >= lengths[1] else 1], path):
        yield data


def entry(volumes, path, at):
    """The entry of a log that begins at byte `at`, from the first copy in which it is good; None
    where it is in neither."""
    for volume in volumes:
        found = log(volume, path, at)
        for _, data in found:
            found.close()
            return data
    return None


def _mount(device, paths):
    """The volume, made empty where it cannot be read; its files join `paths`."""
    try:
        volume = _opened(device)
        found = _tree(volume)
    except OSError:
        vfs.VfsLfs2.mkfs(device, progsize=_PROGSIZE)
        return _opened(device)
    if _ARCHIVE in found or _OLD in found:
        try:
            overlay.call("upgrade.archive", volume, _ARCHIVE)
        except OSError:
            pass  # no room for both: again at the next boot
        found = _tree(volume)
    paths.update(found)
    return volume


def _opened(device):
    """Reading as much at a time as programming takes no more memory, and a third of the calls."""
    return vfs.VfsLfs2(device, readsize=_PROGSIZE, progsize=_PROGSIZE, mtime=False)


def log(volume, path, end=0):
    """(where it ends, data) of each entry of a log from byte `end` on, up to the first bad one."""
    try:
        file = volume.open(path, "rb")
    except OSError:
        return
    try:
        file.seek(end)
        while True:
            head = file.read(2)
            if len(head) < 2:
                return
            data = file.read(int.from_bytes(head, "big"))
            check = file.read(4)
            if binascii.crc32(head + data) != int.from_bytes(check, "big") or len(check) < 4:
                return
            end += 2 + len(data) + 4
            yield end, data
    except OSError:
        return
    finally:
        file.close()


def _good_length(volume, path):
    length = 0
    for end, _ in log(volume, path):
        length = end
    return length


def _size(volume, path):
    try:
        return volume.stat(path)[6]
    except OSError:
        return -1


def _copy(source, target, path, length):
    """Make `path` on `target` the first `length` bytes of the one on `source`; both may be one
    volume."""
    reading = source.open(path, "rb")
    writing = target.open(_ASIDE, "wb")
    try:
        while length > 0:
            piece = reading.read(min(_PIECE, length))
            writing.write(piece)
            length -= len(piece)
    finally:
        reading.close()
        writing.close()
    target.rename(_ASIDE, path)


def _tree(volume):
    """Paths of all files, one folder deep."""
    paths = set()
    for entry in volume.ilistdir("/"):
        if entry[0] == "log":
            pass  # the diagnostic log is on one volume alone
        elif entry[1] == FOLDER:
            paths |= {entry[0] + "/" + name for name in names(volume, entry[0])}
        else:
            paths.add(entry[0])
    return paths

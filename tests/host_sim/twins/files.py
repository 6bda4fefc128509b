"""Twin program: work on a littlefs volume, what each call gives, and the image at the end."""

import hashlib

import vfs
from rnd import Rnd

BLOCK = 4096
COUNT = 24


class Ram:
    """Block device; operations go into a running hash, so their order counts too."""

    def __init__(self):
        self.data = bytearray(b"\xff" * (BLOCK * COUNT))
        self.writes = 0

    def readblocks(self, block, buf, offset=0):
        buf[:] = self.data[block * BLOCK + offset : block * BLOCK + offset + len(buf)]

    def writeblocks(self, block, buf, offset=None):
        self.writes += 1
        self.data[block * BLOCK + offset : block * BLOCK + offset + len(buf)] = buf

    def ioctl(self, op, arg):
        if op == 4:
            return COUNT
        if op == 5:
            return BLOCK
        if op == 6:
            self.writes += 1
            self.data[arg * BLOCK : arg * BLOCK + BLOCK] = b"\xff" * BLOCK
        return 0


def digest(name):
    with fs.open(name, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def attempt(what, function, *arguments):
    try:
        print(what, function(*arguments))
    except OSError as error:
        print(what, "errno", error.args[0])


ram = Ram()
attempt("mount blank", lambda: vfs.VfsLfs2(ram, progsize=256, mtime=False))
vfs.VfsLfs2.mkfs(ram, progsize=256)
fs = vfs.VfsLfs2(ram, progsize=256, mtime=False)
print(fs.statvfs("/"))
fs.mkdir("journal")
attempt("mkdir again", fs.mkdir, "journal")
attempt("open missing", fs.open, "missing", "rb")
attempt("open folder", fs.open, "journal", "rb")
attempt("stat missing", fs.stat, "missing")
attempt("remove missing", fs.remove, "missing")
attempt("list missing", lambda: list(fs.ilistdir("missing")))

rnd = Rnd(7)
for count in range(300):
    name = f"journal/{rnd.below(6)}"
    size = rnd.below(700)
    which = rnd.below(8)
    if which < 4:
        with fs.open(name, "wb") as file:
            print(file.write(bytes(rnd.below(256) for _ in range(size))))
    elif which == 4:
        with fs.open(name, "ab") as file:
            file.write(b"more")
            print(file.tell())
    elif which == 5:
        attempt("remove", fs.remove, name)
    elif which == 6:
        attempt("rename", fs.rename, name, f"journal/{rnd.below(6)}")
    else:
        attempt("read", digest, name)
    if count % 60 == 59:
        fs.umount()
        fs = vfs.VfsLfs2(ram, progsize=256, mtime=False)
print(sorted(fs.ilistdir("journal")), sorted(fs.ilistdir()))

with fs.open("text", "w") as file:
    print(file.write("退单 refund\nsecond line\n"))
with fs.open("text", "r") as file:
    print(file.read(3), file.readline(), file.readline(), file.readline() == "")
with fs.open("text", "r") as file:
    for line in file:
        print(line)
with fs.open("text", "r+b") as file:
    print(file.seek(2), file.read(4), file.seek(-3, 1), file.tell(), file.seek(0, 2), file.read())
    file.seek(0)
    buffer = bytearray(10)
    print(file.readinto(buffer), buffer, file.readline(), file.write(b"!"))
    file.flush()
attempt("exists", fs.open, "text", "xb")
attempt("rmdir full", fs.rmdir, "journal")
attempt("remove open", fs.remove, "text")
print(fs.stat("journal")[0], fs.stat("journal/1"), fs.statvfs("/"))
with fs.open("big", "wb") as file:
    attempt("full", lambda: [file.write(bytes(BLOCK)) for _ in range(COUNT)][-1])
    try:
        file.close()
    except OSError as error:
        print("close", error.args[0])
fs.umount()
print(ram.writes, hashlib.sha256(ram.data).digest())

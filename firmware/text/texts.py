"""The operator's words in one language, by their id.

The file stays on flash; in memory is a byte for each line, and where every fourth one begins.
"""

import binascii
from array import array

STRIDE = 4  # lines
LANGUAGES = ("zh", "en")


class Texts:
    def __init__(self, language):
        """`language`: one of LANGUAGES; its words are in the file of that name beside this one."""
        self._path = __file__.rsplit("/", 1)[0] + "/" + language + ".txt"
        self._marks = bytearray()  # of each line: a checksum of its id
        self._places = array("H")
        at = 0
        with open(self._path, "rb") as file:
            for line in file:
                if len(self._marks) % STRIDE == 0:
                    self._places.append(at)
                self._marks += _mark(line.split(b"=", 1)[0])
                at += len(line)

    def __contains__(self, text_id):
        return self._find(text_id) is not None

    def __getitem__(self, text_id):
        """The text; KeyError for an id that is not there."""
        text = self._find(text_id)
        if text is None:
            raise KeyError(text_id)
        return text.decode().rstrip("\n").replace("\\n", "\n")

    def _find(self, text_id):
        """What stands behind the id, or None."""
        text_id = text_id.encode()
        mark = _mark(text_id)
        line = self._marks.find(mark)
        with open(self._path, "rb") as file:
            while line >= 0:
                file.seek(self._places[line // STRIDE])
                for _ in range(line % STRIDE):
                    file.readline()
                found = file.readline().split(b"=", 1)
                if found[0] == text_id:
                    return found[1]
                line = self._marks.find(mark, line + 1)
        return None


def _mark(text_id):
    return bytes((binascii.crc32(text_id) & 0xFF,))

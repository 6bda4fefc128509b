"""The operator's words in one language, by their id.

The file stays in memory as it is, in one piece: a dict of its lines would take three times as much.
"""

LANGUAGES = ("zh", "en")


class Texts:
    def __init__(self, language):
        """`language`: one of LANGUAGES; its words are in the file of that name beside this one."""
        with open(__file__.rsplit("/", 1)[0] + "/" + language + ".txt", "rb") as file:
            self._lines = file.read()

    def __contains__(self, text_id):
        return self._find(text_id) >= 0

    def __getitem__(self, text_id):
        """The text; KeyError for an id that is not there."""
        at = self._find(text_id)
        if at < 0:
            raise KeyError(text_id)
        start = at + len(text_id) + 2
        line = self._lines[start : self._lines.find(b"\n", start)]
        return line.decode().replace("\\n", "\n")

    def _find(self, text_id):
        """Where the line's end before the id stands, or -1."""
        return self._lines.find(b"\n" + text_id.encode() + b"=")

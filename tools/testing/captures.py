"""The capture of a test's terminal, and its replay."""
from tools.capture.run import Recorder, about, of_scenario
from tools.replay.command import replay_file


class Capture:
    """Records a Till into the file at `path`. A context manager, which ends it."""

    def __init__(self, till, path):
        self.path = path
        settings = till.settings
        known = {name: settings[name] for name in ("seed", "language", "blank") if name in settings}
        self._file = open(path, "wb")
        self._recorder = Recorder(self._file, till.world, about(
            till.shop, "pytest", **known, **of_scenario(settings.get("scenario"))))

    def replay(self, against=None, **arguments):
        """The tools.replay.report.Result of replaying what passed so far; `arguments` as
        tools.replay.command.replay_file has them."""
        return replay_file(self.path, against, **arguments)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._recorder.end("the test's end")
        self._file.close()
